package io.skerry.controllers.core;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bootstrap tokens that expire. */
class TokenCleanerTest {
    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new TokenCleaner(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private void token(String id, String namespace, String type, String expiration) {
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: bootstrap-token-" + id + ", namespace: " + namespace + "}, type: " + type
            + ", stringData: {token-id: " + id + ", token-secret: 0123456789abcdef" + expiration + "}}");
    }

    private Secret get(String id, String namespace) {
        return cluster.client.secrets().inNamespace(namespace).withName("bootstrap-token-" + id).get();
    }

    private static String at(Instant time) {
        return ", expiration: '" + time.truncatedTo(ChronoUnit.SECONDS) + "'";
    }

    @Test void deletesWhatHasExpired() {
        String bootstrap = "bootstrap.kubernetes.io/token";
        Instant past = Instant.now().minus(Duration.ofMinutes(1));
        token("stays0", "kube-system", bootstrap, "");
        token("stays1", "kube-system", bootstrap, at(Instant.now().plus(Duration.ofHours(5))));
        token("stays2", "kube-system", "Opaque", at(past));
        token("stays3", "default", bootstrap, at(past));
        token("zoned0", "kube-system", bootstrap, ", expiration: '" + OffsetDateTime.ofInstant(past, ZoneOffset.ofHours(9)).truncatedTo(ChronoUnit.SECONDS) + "'");
        token("wrong0", "kube-system", bootstrap, ", expiration: tomorrow");
        token("past00", "kube-system", bootstrap, at(past));
        for (String id : List.of("past00", "wrong0", "zoned0")) {
            eventually(() -> assertThat(get(id, "kube-system")).as(id).isNull());
        }
        for (String id : List.of("stays0", "stays1", "stays2")) {
            assertThat(get(id, "kube-system")).as(id).isNotNull();
        }
        assertThat(get("stays3", "default")).isNotNull();
    }

    @Test void deletesATokenAtItsEnd() {
        Instant end = Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.SECONDS);
        token("soon00", "kube-system", "bootstrap.kubernetes.io/token", at(end));
        eventually(() -> assertThat(get("soon00", "kube-system")).isNull());
        assertThat(Instant.now()).isAfterOrEqualTo(end);
    }
}
