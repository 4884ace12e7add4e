package io.skerry.apiserver.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {

    @TempDir
    Path folder;

    private static List<String> counters(TestServer api) {
        return api.send("GET", "/metrics", null).body().asText().lines().filter(l -> l.startsWith("apiserver_request_total{")).toList();
    }

    @Test
    void requestsAreCountedUnderWhatIsServedOnly() {
        try (TestServer api = new TestServer(folder)) {
            api.send("GET", "/api/v1/namespaces/default/configmaps", null);
            counters(api);
            int before = counters(api).size();
            for (int i = 0; i < 50; i++) {
                api.sendAs(User.ANONYMOUS, "GET", "/apis/g" + i + "/v1/things", null);
                api.sendAs(User.ANONYMOUS, "GET", "/api/v1/r" + i, null);
                api.sendAs(User.ANONYMOUS, "V" + i, "/version", null);
                api.sendAs(User.ANONYMOUS, "GET", "/apis/a%22%7D%201%0Aforged%7Bx=%22/v1/y", null);
            }
            List<String> counters = counters(api);
            assertThat(counters).hasSizeLessThanOrEqualTo(before + 2)
                    .contains("apiserver_request_total{code=\"200\",group=\"\",resource=\"configmaps\",verb=\"LIST\"} 1")
                    .anyMatch(l -> l.matches("apiserver_request_total\\{code=\"403\",group=\"\",resource=\"\",verb=\"LIST\"} 150"))
                    .anyMatch(l -> l.matches("apiserver_request_total\\{code=\"\\d+\",group=\"\",resource=\"\",verb=\"\"} 50"));
            assertThat(api.send("GET", "/metrics", null).body().asText()).doesNotContain("forged");
        }
    }

    @Test
    void labelValuesAreEscaped() {
        assertThat(Metrics.escaped("a\"b\\c\nd")).isEqualTo("a\\\"b\\\\c\\nd");
    }
}
