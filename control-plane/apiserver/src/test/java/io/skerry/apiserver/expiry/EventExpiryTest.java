package io.skerry.apiserver.expiry;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventExpiryTest {
    private static final String PATH = "/api/v1/namespaces/default/events";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"+999999999-12-31T23:59:59Z", "-999999999-01-01T00:00:00Z"})
    void aServerStartsWithAnEventOfAnotherEra(String time) {
        try (TestServer api = new TestServer(folder)) {
            api.store("/registry/core/events/default/odd", "{apiVersion: v1, kind: Event, metadata: {name: odd, namespace: default, uid: u,"
                    + " creationTimestamp: '2024-01-01T00:00:00Z'}, lastTimestamp: '" + time + "', involvedObject: {kind: Pod, name: p, namespace: default}}");
        }
        try (TestServer api = new TestServer(folder)) {
            assertThat(api.send("GET", PATH, null).code()).isEqualTo(200);
        }
    }
}
