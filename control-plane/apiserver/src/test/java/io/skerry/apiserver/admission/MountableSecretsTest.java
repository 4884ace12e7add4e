package io.skerry.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountableSecretsTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String UNLISTED = " is not allowed because service account limited does not reference that secret";

    @AutoClose
    final TestServer api = new TestServer();

    @BeforeEach
    void define() {
        api.make(CORE + "serviceaccounts", "{metadata: {name: limited, annotations: {kubernetes.io/enforce-mountable-secrets: 'true'}}, secrets: [{name: own}], imagePullSecrets: [{name: pull}]}");
        api.make(CORE + "serviceaccounts", "{metadata: {name: free, annotations: {kubernetes.io/enforce-mountable-secrets: 'no'}}, secrets: [{name: own}]}");
    }

    private static String pod(String account, String fields) {
        return "{metadata: {name: p}, spec: {serviceAccountName: " + account + ", " + (fields.contains(" containers:") ? fields : fields + ", containers: [{name: c, image: x}]") + "}}";
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "volumes: [{name: v, secret: {secretName: S}}] | volume with secret.secretName=\"other\"",
        "initContainers: [{name: i, image: x, env: [{name: A, valueFrom: {secretKeyRef: {name: S, key: k}}}]}] | init container i with envVar A referencing secret.secretName=\"other\"",
        "initContainers: [{name: i, image: x, envFrom: [{secretRef: {name: S}}]}] | init container i with envFrom referencing secret.secretName=\"other\"",
        "automountServiceAccountToken: false, containers: [{name: c, image: x, env: [{name: A, valueFrom: {secretKeyRef: {name: S, key: k}}}]}]"
                + " | container c with envVar A referencing secret.secretName=\"other\"",
        "automountServiceAccountToken: false, containers: [{name: c, image: x, envFrom: [{secretRef: {name: S}}]}] | container c with envFrom referencing secret.secretName=\"other\""})
    void aLimitedPodNamesWhatItsAccountLists(String fields, String problem) {
        var refused = api.send("POST", CORE + "pods", pod("limited", fields.replace("name: S", "name: other").replace("secretName: S", "secretName: other")));
        assertThat(refused.code()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).isEqualTo("pods \"p\" is forbidden: " + problem + UNLISTED);
        api.make(CORE + "pods?dryRun=All", pod("limited", fields.replace("name: S", "name: own").replace("secretName: S", "secretName: own")));
        api.make(CORE + "pods?dryRun=All", pod("free", fields.replace("name: S", "name: other").replace("secretName: S", "secretName: other")));
    }

    @Test
    void itPullsWithTheAccountsOwn() {
        var refused = api.send("POST", CORE + "pods", pod("limited", "imagePullSecrets: [{name: pull}, {name: other}]"));
        assertThat(Json.text(refused.body(), "message")).isEqualTo("pods \"p\" is forbidden: imagePullSecrets[1].name=\"other\" is not allowed because service account limited does not"
                + " reference that imagePullSecret");
        var made = api.make(CORE + "pods", pod("limited", "restartPolicy: Always"));
        assertThat(Json.at(made, "spec", "imagePullSecrets").findValuesAsText("name")).containsExactly("pull");
    }

    @Test
    void soDoEphemeralContainers() {
        api.make(CORE + "pods", pod("limited", "restartPolicy: Always"));
        String debug = "{\"spec\":{\"ephemeralContainers\":[{\"name\":\"e\",\"image\":\"x\",\"envFrom\":[{\"secretRef\":{\"name\":\"S\"}}]}]}}";
        var refused = api.patch(CORE + "pods/p/ephemeralcontainers", "application/strategic-merge-patch+json", debug.replace("\"S\"", "\"other\""));
        assertThat(refused.code()).as(refused.body().toString()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).isEqualTo("pods \"p\" is forbidden: ephemeral container e with envFrom referencing secret.secretName=\"other\"" + UNLISTED);
        assertThat(api.patch(CORE + "pods/p/ephemeralcontainers", "application/strategic-merge-patch+json", debug.replace("\"S\"", "\"own\"")).code()).isEqualTo(200);
    }
}
