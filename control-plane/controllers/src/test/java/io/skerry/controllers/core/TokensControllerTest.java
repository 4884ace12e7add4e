package io.skerry.controllers.core;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.skerry.apiserver.User;
import io.skerry.controllers.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets that hold a token of a service account, as long as there is one. */
class TokensControllerTest {
    private static final String CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    private static final String SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: %s, namespace: default, annotations: {kubernetes.io/service-account.name: %s}},"
        + " type: kubernetes.io/service-account-token}";
    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new TokensController(i, (namespace, account, uid, secret) ->
            cluster.server.tokens().issueForSecret(namespace, account, uid, secret), CA)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private ServiceAccount account(String name) {
        return cluster.apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: " + name + ", namespace: default}}");
    }

    private Secret secret(String name) {
        return cluster.client.secrets().inNamespace("default").withName(name).get();
    }

    private String data(String name, String key) {
        return new String(Base64.getDecoder().decode(secret(name).getData().get(key)), StandardCharsets.UTF_8);
    }

    /** Tried again when the controller, or the note of a token's use, came in between. */
    private void edit(String name, UnaryOperator<Secret> change) {
        eventually(() -> cluster.client.secrets().inNamespace("default").withName(name).edit(change));
    }

    private User user(String token) {
        return cluster.server.authenticator().authenticate(null, "Bearer " + token);
    }

    @Test void fillsASecretAndMendsIt() {
        ServiceAccount robot = account("robot");
        cluster.apply(SECRET.formatted("key", "robot"));
        eventually(() -> assertThat(secret("key").getData()).containsOnlyKeys("token", "namespace", "ca.crt"));
        assertThat(secret("key").getMetadata().getAnnotations()).containsEntry("kubernetes.io/service-account.uid", robot.getMetadata().getUid());
        assertThat(data("key", "namespace")).isEqualTo("default");
        assertThat(data("key", "ca.crt")).isEqualTo(CA);
        String token = data("key", "token");
        assertThat(user(token).name()).isEqualTo("system:serviceaccount:default:robot");
        edit("key", s -> s.edit().addToData("ca.crt", "Zm9yZ2Vk").removeFromData("namespace").addToData("own", "eA==").build());
        eventually(() -> assertThat(data("key", "ca.crt") + data("key", "namespace")).isEqualTo(CA + "default"));
        assertThat(data("key", "token")).as("what is there stays").isEqualTo(token);
        assertThat(secret("key").getData()).containsKey("own");
        // this is how a token is replaced by another: the old one is good no longer
        edit("key", s -> s.edit().withData(Map.of("token", "Zm9yZ2Vk")).build());
        assertThatThrownBy(() -> user(token)).hasMessage("Unauthorized");
    }

    @Test void deletesTheSecretsOfAnAccountThatGoes() {
        account("robot");
        account("other");
        cluster.apply(SECRET.formatted("key", "robot"));
        cluster.apply(SECRET.formatted("stays", "other"));
        eventually(() -> assertThat(data("key", "token") + data("stays", "token")).isNotEmpty());
        String token = data("key", "token");
        cluster.client.serviceAccounts().inNamespace("default").withName("robot").delete();
        assertThatThrownBy(() -> user(token)).hasMessage("Unauthorized");
        eventually(() -> assertThat(secret("key")).isNull());
        account("robot");
        assertThatThrownBy(() -> user(token)).as("another account by that name").hasMessage("Unauthorized");
        String other = data("stays", "token");
        assertThat(user(other).name()).endsWith(":other");
        cluster.client.secrets().inNamespace("default").withName("stays").delete();
        assertThatThrownBy(() -> user(other)).hasMessage("Unauthorized");
    }

    @Test void deletesASecretThatIsForNobody() {
        account("robot");
        cluster.apply(SECRET.formatted("early", "unborn"));
        cluster.apply(SECRET.replace("annotations: {", "annotations: {kubernetes.io/service-account.uid: 7e5cbf6a-0000-4000-8000-000000000000, ").formatted("old", "robot"));
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: plain, namespace: default, annotations: {kubernetes.io/service-account.name: unborn}}}");
        cluster.apply(SECRET.replace("type:", "immutable: true, type:").formatted("fixed", "robot"));
        eventually(() -> assertThat(secret("early") == null && secret("old") == null).isTrue());
        TestCluster.stays(() -> secret("plain") != null && secret("fixed").getData().isEmpty(), Duration.ofMillis(300));
    }
}
