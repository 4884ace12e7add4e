package io.skerry.apiserver.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebhookClientTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private static ObjectNode config(HookServer hook) {
        return Json.object().put("url", "https://127.0.0.1:" + hook.port() + "/hook").put("caBundle", hook.caBundle());
    }

    @Test
    void answersThatComeAtOnceAreNotLost() throws Exception {
        // without a store: a URL needs no Service
        try (HookServer hook = new HookServer(folder, review -> review); WebhookClient client = new WebhookClient(null)) {
            for (int i = 0; i < 1000; i++) {
                assertThat(client.post(config(hook), Json.object().put("n", i), TIMEOUT).path("n").asInt()).isEqualTo(i);
            }
            assertThat(hook.reviews).hasSize(1000);
        }
    }

    @Test
    void failuresSayWhy() throws Exception {
        ObjectNode config;
        try (HookServer hook = new HookServer(folder, review -> null); WebhookClient client = new WebhookClient(null)) {
            config = config(hook);
            assertThatThrownBy(() -> client.post(config, Json.object(), TIMEOUT)).isInstanceOf(WebhookException.class).hasMessageContaining("the server answered 500");
        }
        try (WebhookClient client = new WebhookClient(null)) {
            assertThatThrownBy(() -> client.post(config, Json.object(), TIMEOUT)).hasMessageContaining("Connection refused");
            assertThatThrownBy(() -> client.post(config.deepCopy().put("caBundle", "eA=="), Json.object(), TIMEOUT)).isInstanceOf(WebhookException.class);
        }
    }
}
