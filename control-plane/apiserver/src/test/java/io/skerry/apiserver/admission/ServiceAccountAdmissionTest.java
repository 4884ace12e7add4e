package io.skerry.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceAccountAdmissionTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";

    @AutoClose
    final TestServer api = new TestServer();

    private static String mirror(String value, String fields) {
        return "{metadata: {name: static, annotations: {kubernetes.io/config.mirror: '" + value + "'}}, spec: {nodeName: n1, " + fields + "containers: [{name: c, image: x}]}}";
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "serviceAccountName: app | a mirror pod may not reference service accounts",
        "serviceAccount: app | a mirror pod may not reference service accounts",
        "volumes: [{name: v, secret: {secretName: s}}] | a mirror pod may not reference secrets",
        "volumes: [{name: v, projected: {sources: [{secret: {name: s}}]}}] | a mirror pod may not reference secrets",
        "imagePullSecrets: [{name: s}] | a mirror pod may not reference secrets",
        "initContainers: [{name: i, image: x, envFrom: [{secretRef: {name: s}}]}] | a mirror pod may not reference secrets",
        "volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}] | a mirror pod may not use ServiceAccountToken volume projections"})
    void aMirrorPodGetsNothing(String fields, String problem) {
        for (String value : new String[] {"hash", ""}) {
            var refused = api.send("POST", PODS, mirror(value, fields + ", "));
            assertThat(refused.code()).as(value).isEqualTo(403);
            assertThat(Json.text(refused.body(), "message")).isEqualTo("pods \"static\" is forbidden: " + problem);
        }
    }

    @Test
    void aMirrorPodStaysAsItIs() {
        for (String value : new String[] {"hash", ""}) {
            var spec = api.make(PODS + "?dryRun=All", mirror(value, "")).path("spec");
            assertThat(spec.has("serviceAccountName")).as(value).isFalse();
            assertThat(spec.has("volumes")).as(value).isFalse();
        }
    }

    @Test
    void anAccountMayHaveItsOlderFieldsName() {
        api.make("/api/v1/namespaces/default/serviceaccounts", "{metadata: {name: app}}");
        var spec = api.make(PODS, "{metadata: {name: p}, spec: {serviceAccount: app, containers: [{name: c, image: x}]}}").path("spec");
        assertThat(spec.path("serviceAccountName").asText()).isEqualTo("app");
        assertThat(spec.path("serviceAccount").asText()).isEqualTo("app");
    }
}
