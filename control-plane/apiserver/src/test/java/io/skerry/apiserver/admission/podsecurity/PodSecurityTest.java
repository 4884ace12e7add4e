package io.skerry.apiserver.admission.podsecurity;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodSecurityTest {
    private static final String SAFE = """
            {containers: [{name: c, image: i, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}],
             securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}}""";

    @TempDir
    Path folder;

    private static String violations(String level, int minor, String spec) {
        var view = new PodView(Json.object(), Yaml.parseAll(spec, "test").getFirst().root());
        return String.join(", ", new SecurityPolicy.Standard(SecurityPolicy.Level.valueOf(level), minor).violations(view).stream().map(Violation::toString).toList());
    }

    @Test
    void baselineInUpstreamsWords() {
        assertThat(violations("BASELINE", 33, "{containers: [{name: c}]}")).isEmpty();
        assertThat(violations("BASELINE", 33, "{hostNetwork: true, hostPID: true, containers: [{name: a, securityContext: {privileged: true}}, {name: b, securityContext: {privileged: true}}]}"))
                .isEqualTo("host namespaces (hostNetwork=true, hostPID=true), privileged (containers \"a\", \"b\" must not set securityContext.privileged=true)");
        assertThat(violations("BASELINE", 33, "{volumes: [{name: v, hostPath: {path: /}}], containers: [{name: a, ports: [{hostPort: 80}, {hostPort: 443}]}]}"))
                .isEqualTo("hostPath volumes (volume \"v\"), hostPort (container \"a\" uses hostPorts 443, 80)");
        assertThat(violations("BASELINE", 33, "{initContainers: [{name: a, securityContext: {capabilities: {add: [SYS_ADMIN, CHOWN]}}}]}"))
                .isEqualTo("non-default capabilities (container \"a\" must not include \"SYS_ADMIN\" in securityContext.capabilities.add)");
        assertThat(violations("BASELINE", 33, "{securityContext: {seccompProfile: {type: Unconfined}, sysctls: [{name: kernel.msgmax}], seLinuxOptions: {type: x, user: u}}, containers: [{name: c}]}"))
                .isEqualTo("seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"x\"; user may not be set), "
                        + "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\"), forbidden sysctls (kernel.msgmax)");
        assertThat(violations("BASELINE", 33, "{containers: [{name: c, securityContext: {appArmorProfile: {type: Unconfined}, procMount: Unmasked}}]}"))
                .isEqualTo("forbidden AppArmor profile (container \"c\" must not set AppArmor profile type to \"Unconfined\"), "
                        + "procMount (container \"c\" must not set securityContext.procMount to \"Unmasked\")");
        assertThat(violations("BASELINE", 28, "{securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time}]}, containers: [{name: c}]}")).contains("forbidden sysctls");
        assertThat(violations("BASELINE", 29, "{securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time}]}, containers: [{name: c}]}")).isEmpty();
    }

    @Test
    void restrictedInUpstreamsWords() {
        assertThat(violations("RESTRICTED", 33, SAFE)).isEmpty();
        assertThat(violations("RESTRICTED", 33, "{volumes: [{name: v, hostPath: {path: /}}], containers: [{name: c, securityContext: {runAsUser: 0}}]}")).isEqualTo(
                "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), "
                + "unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), "
                + "restricted volume types (volume \"v\" uses restricted volume type \"hostPath\"), "
                + "runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), runAsUser=0 (container \"c\" must not set runAsUser=0), "
                + "seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")");
        assertThat(violations("RESTRICTED", 33, SAFE.replace("runAsNonRoot: true", "runAsNonRoot: false"))).isEqualTo("runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)");
        assertThat(violations("RESTRICTED", 18, "{securityContext: {runAsNonRoot: true}, containers: [{name: c, securityContext: {allowPrivilegeEscalation: false}}]}")).isEmpty();
    }

    @Test
    void namespacesEnforceAndWarn() {
        try (TestServer api = new TestServer(folder)) {
            var bad = api.send("POST", "/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: bad, labels: {pod-security.kubernetes.io/enforce: strict}}}");
            assertThat(Json.text(bad.body(), "message")).isEqualTo("Namespace \"bad\" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": "
                    + "must be one of privileged, baseline, restricted");
            api.send("POST", "/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: safe, labels: {pod-security.kubernetes.io/enforce: restricted}}}");
            api.send("POST", "/api/v1/namespaces/safe/serviceaccounts", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}}");
            String plain = "{containers: [{name: c, image: i}]}";
            DirectCall.Answer refused = pod(api, "safe", plain);
            assertThat(refused.code()).isEqualTo(403);
            assertThat(Json.text(refused.body(), "message")).startsWith("pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"c\"");
            assertThat(pod(api, "safe", SAFE).code()).isEqualTo(201);
            var deployment = api.send("POST", "/apis/apps/v1/namespaces/safe/deployments", """
                    {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: %s}}}""".formatted(plain));
            assertThat(deployment.code()).isEqualTo(201);
            assertThat(deployment.headers().get("Warning")).startsWith("299 - \"would violate PodSecurity \\\"restricted:latest\\\": allowPrivilegeEscalation != false");
            api.send("POST", "/api/v1/namespaces/default/serviceaccounts", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}}");
            assertThat(pod(api, "default", "{hostNetwork: true, containers: [{name: c, image: i}]}").code()).isEqualTo(201);
            var stricter = api.patch("/api/v1/namespaces/default", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"pod-security.kubernetes.io/enforce\":\"baseline\"}}}");
            assertThat(stricter.code()).isEqualTo(200);
            assertThat(stricter.headers().get("Warning")).contains("existing pods in namespace \\\"default\\\" violate the new PodSecurity enforce level \\\"baseline:latest\\\"")
                    .contains("p: host namespaces");
        }
    }

    @Test
    void podsThatRunAreJudgedAnewForTheirContainersAlone() {
        try (TestServer api = new TestServer(folder)) {
            String pods = "/api/v1/namespaces/default/pods";
            api.make(pods, "{metadata: {name: p}, spec: {hostNetwork: true, containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}]}}");
            assertThat(merge(api, "/api/v1/namespaces/default", "{\"metadata\":{\"labels\":{\"pod-security.kubernetes.io/enforce\":\"baseline\"}}}")).isEqualTo(200);

            assertThat(merge(api, pods + "/p", "{\"metadata\":{\"annotations\":{\"note\":\"x\"},\"finalizers\":[\"example.com/hold\"]}}")).isEqualTo(200);
            assertThat(merge(api, pods + "/p", "{\"spec\":{\"activeDeadlineSeconds\":60}}")).isEqualTo(200);
            assertThat(strategic(api, pods + "/p/resize", "{\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"cpu\":\"200m\"}}}]}}")).isEqualTo(200);
            assertThat(strategic(api, pods + "/p", "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"other\"}]}}")).isEqualTo(403);
            assertThat(strategic(api, pods + "/p/ephemeralcontainers", "{\"spec\":{\"ephemeralContainers\":[{\"name\":\"debug\",\"image\":\"i\"}]}}")).isEqualTo(403);
            assertThat(merge(api, pods + "/p", "{\"metadata\":{\"annotations\":{\"container.seccomp.security.alpha.kubernetes.io/c\":\"unconfined\"}}}")).isEqualTo(403);
        }
    }

    private static int merge(TestServer api, String path, String patch) {
        return api.patch(path, "application/merge-patch+json", patch).code();
    }

    private static int strategic(TestServer api, String path, String patch) {
        return api.patch(path, "application/strategic-merge-patch+json", patch).code();
    }

    private static DirectCall.Answer pod(TestServer api, String namespace, String spec) {
        return api.send("POST", "/api/v1/namespaces/" + namespace + "/pods", "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: " + spec + "}");
    }
}
