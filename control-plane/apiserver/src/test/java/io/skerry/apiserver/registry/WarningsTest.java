package io.skerry.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The Warning headers of answers that are not errors of the client's. */
class WarningsTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String ENDPOINTS = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    private static final Pattern WARNING = Pattern.compile("299 - \"((?:[^\"\\\\]|\\\\.)*)\"");

    @AutoClose
    final TestServer api = new TestServer();

    private static List<String> warnings(DirectCall.Answer answer) {
        List<String> texts = new ArrayList<>();
        Matcher each = WARNING.matcher(answer.headers().getOrDefault("Warning", ""));
        while (each.find()) {
            texts.add(each.group(1).replace("\\\"", "\""));
        }
        return texts;
    }

    private List<String> send(String method, String path, String yaml) {
        return warnings(api.send(method, path, yaml));
    }

    private List<String> made(String path, String yaml) {
        DirectCall.Answer answer = api.send("POST", path, yaml);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return warnings(answer);
    }

    @Test
    void everyAnswerAboutADeprecatedTypeSaysSo() {
        assertThat(made(CORE + "endpoints", "{metadata: {name: e}}")).containsExactly(ENDPOINTS);
        for (String path : List.of("endpoints", "endpoints/e", "endpoints/none", "endpoints?watch=true&timeoutSeconds=1")) {
            assertThat(send("GET", CORE + path, null)).as(path).containsExactly(ENDPOINTS);
        }
        assertThat(send("DELETE", CORE + "endpoints/e", null)).containsExactly(ENDPOINTS);
        assertThat(send("POST", CORE + "endpoints", "{metadata: {name: f}, unknown: 1}")).containsExactlyInAnyOrder(ENDPOINTS, "unknown field \"unknown\"");
        assertThat(send("GET", "/api/v1/componentstatuses", null)).containsExactly("v1 ComponentStatus is deprecated in v1.19+");
        assertThat(send("GET", "/apis/discovery.k8s.io/v1/endpointslices", null)).isEmpty();
    }

    @Test
    void whatRunsInThisProcessIsNotTold() throws Exception {
        var http = api.client.getHttpClient();
        var answer = http.sendAsync(http.newHttpRequestBuilder().uri(api.client.getConfiguration().getMasterUrl() + "api/v1/endpoints").build(), byte[].class).get();
        assertThat(answer.code()).isEqualTo(200);
        assertThat(answer.headers("Warning")).isEmpty();
        assertThat(answer.headers("Content-Type")).containsExactly("application/json");
    }

    @Test
    void aDefinitionsVersionsWarnInItsWords() {
        String schema = "schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}";
        api.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "{metadata: {name: boats.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: boats,"
                + " kind: Boat}, versions: [{name: v1alpha1, served: true, storage: false, deprecated: true, deprecationWarning: 'boats of \"old\" sink', " + schema + "},"
                + " {name: v1beta1, served: true, storage: false, deprecated: true, " + schema + "}, {name: v1, served: true, storage: true, " + schema + "},"
                + " {name: v2, served: true, storage: false, deprecated: true, " + schema + "}]}}");
        assertThat(send("GET", "/apis/example.com/v1alpha1/boats", null)).containsExactly("boats of \"old\" sink");
        assertThat(send("GET", "/apis/example.com/v1beta1/boats", null)).containsExactly("example.com/v1beta1 Boat is deprecated; use example.com/v1 Boat");
        assertThat(send("GET", "/apis/example.com/v2/boats", null)).as("nothing newer").containsExactly("example.com/v2 Boat is deprecated");
        assertThat(send("GET", "/apis/example.com/v1/boats", null)).isEmpty();
        assertThat(made("/apis/example.com/v1beta1/namespaces/default/boats", "{apiVersion: example.com/v1beta1, kind: Boat, metadata: {name: b}}"))
                .containsExactly("example.com/v1beta1 Boat is deprecated; use example.com/v1 Boat");
    }

    @Test
    void podsSayWhatHasNoEffect() {
        assertThat(made(CORE + "pods", """
                {metadata: {name: p, annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined, scheduler.alpha.kubernetes.io/critical-pod: ''}}, spec: {
                  nodeSelector: {beta.kubernetes.io/os: linux}, hostAliases: [{ip: 192.0.2.1}, {ip: 192.0.2.1}], imagePullSecrets: [{name: a}, {name: a}],
                  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}],
                  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone}}]}},
                  containers: [{name: c, image: x, resources: {requests: {memory: 100m}}, ports: [{containerPort: 80}, {containerPort: 80}],
                    env: [{name: A, value: a}, {name: A, value: b}, {name: B, value: a}, {name: B, value: '$(B):b'}]}, {name: d, image: x, ports: [{containerPort: 80, hostPort: 81}]}]}}"""))
                .containsExactly("spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                        "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
                        "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod",
                        "metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the \"priorityClassName\" field instead",
                        "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the \"seccompProfile\" field instead",
                        "spec.hostAliases[1].ip: duplicate ip \"192.0.2.1\"", "spec.imagePullSecrets[1].name: duplicate name \"a\"",
                        "spec.containers[0].resources.requests[memory]: fractional byte value \"100m\" is invalid, must be an integer",
                        "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
                        "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
                        "spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]",
                        "spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[1]");
        assertThat(warnings(api.patch(CORE + "pods/p", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"))).as("programs change pods").isEmpty();
        assertThat(made(CORE + "pods", "{metadata: {name: q}, spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}}")).isEmpty();
    }

    @Test
    void templatesSayItWhenTheyChange() {
        String path = "/apis/apps/v1/namespaces/default/deployments";
        String warning = "spec.template.spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply";
        assertThat(made(path, "{metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x,"
                + " env: [{name: A, value: a}, {name: A, value: b}]}]}}}}")).containsExactly(warning);
        assertThat(warnings(api.patch(path + "/d", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"))).isEmpty();
        assertThat(warnings(api.patch(path + "/d", "application/merge-patch+json", "{\"spec\":{\"paused\":true}}"))).containsExactly(warning);
        assertThat(warnings(api.patch(path + "/d/status", "application/merge-patch+json", "{\"status\":{\"replicas\":1}}"))).isEmpty();
    }

    @Test
    void servicesSayWhatHasNoEffect() {
        assertThat(made(CORE + "services", "{metadata: {name: s}, spec: {clusterIP: None, externalIPs: [192.0.2.7], sessionAffinity: ClientIP, ports: [{port: 80}]}}"))
                .containsExactly("spec.externalIPs is ignored for headless services", "spec.SessionAffinity is ignored for headless services");
        assertThat(made(CORE + "services", "{metadata: {name: t}, spec: {ports: [{port: 80}]}}")).isEmpty();
    }

    @Test
    void anAccountThatLimitsItsPodsIsToldOnce() {
        String warning = "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets";
        assertThat(made(CORE + "serviceaccounts", "{metadata: {name: a, annotations: {kubernetes.io/enforce-mountable-secrets: 'true'}}}")).containsExactly(warning);
        assertThat(warnings(api.patch(CORE + "serviceaccounts/a", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"))).isEmpty();
    }
}
