package io.skerry.apiserver.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Families of IP addresses of services in a cluster that has IPv4 alone. */
class ServiceFamiliesTest {
    private static final String SERVICES = "/api/v1/namespaces/default/services";
    private static final String BOTH = "[\"IPv4\",\"IPv6\"]";

    @AutoClose
    final TestServer api = new TestServer();

    private static String service(String spec) {
        return "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80, protocol: TCP}], " + spec + "}}";
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            selector: {a: b} => SingleStack ["IPv4"]
            selector: {a: b}, ipFamilyPolicy: PreferDualStack => PreferDualStack ["IPv4"]
            selector: {a: b}, ipFamilies: [IPv4] => SingleStack ["IPv4"]
            clusterIP: None, selector: {a: b} => SingleStack ["IPv4"]
            clusterIP: None => RequireDualStack ["IPv4","IPv6"]
            clusterIP: None, ipFamilies: [IPv6] => RequireDualStack ["IPv6","IPv4"]
            clusterIP: None, ipFamilies: [IPv6], ipFamilyPolicy: SingleStack => SingleStack ["IPv6"]
            clusterIP: 10.43.7.7 => SingleStack ["IPv4"]
            """)
    void given(String spec, String expected) {
        JsonNode made = api.make(SERVICES, service(spec)).path("spec");
        assertThat(Json.text(made, "ipFamilyPolicy") + " " + made.path("ipFamilies")).isEqualTo(expected);
        assertThat(made.path("clusterIPs")).hasSize(1).first().isEqualTo(made.path("clusterIP"));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            ipFamilyPolicy: RequireDualStack => spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
            ipFamilies: [IPv6] => spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster
            ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack => spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster
            ipFamilies: [IPv4, IPv6] => spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified
            clusterIP: 'fd00::5' => spec.clusterIPs[0]: Invalid value: ["fd00::5"]: IPv6 is not configured on this cluster
            clusterIPs: [10.43.0.5] => spec.clusterIPs: Invalid value: ["10.43.0.5"]: must be empty when `clusterIP` is not specified
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.6] => spec.clusterIPs: Invalid value: ["10.43.0.6"]: first value must match `clusterIP`
            clusterIP: None, selector: {a: b}, ipFamilyPolicy: RequireDualStack => spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
            """)
    void refused(String spec, String expected) {
        var answer = api.send("POST", SERVICES, service(spec));
        assertThat(answer.code()).isEqualTo(422);
        assertThat(Json.text(answer.body(), "message")).isEqualTo("Service \"s\" is invalid: " + expected);
    }

    /** Versions before this one took families that the cluster has not. */
    @Test
    void whatIsStoredStaysWritable() {
        JsonNode made = api.make(SERVICES, service("selector: {a: b}"));
        String address = Json.text(made, "spec", "clusterIP");
        api.send("DELETE", SERVICES + "/s", null);
        api.store("/registry/core/services/default/s", "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: default, uid: u}, spec: {type: ClusterIP,"
                + " clusterIP: " + address + ", clusterIPs: [" + address + "], ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack, sessionAffinity: None,"
                + " internalTrafficPolicy: Cluster, selector: {a: b}, ports: [{port: 80, protocol: TCP, targetPort: 80}]}}");
        Awaitility.await().until(() -> api.send("GET", SERVICES + "/s", null).code() == 200);
        JsonNode changed = patch("{\"spec\":{\"ports\":[{\"port\":81,\"protocol\":\"TCP\"}]}}");
        assertThat(changed.path("ipFamilies").toString()).isEqualTo(BOTH);
        assertThat(Json.text(changed, "clusterIP")).isEqualTo(address);
        JsonNode single = patch("{\"spec\":{\"ipFamilyPolicy\":\"SingleStack\"}}");
        assertThat(single.path("ipFamilies").toString()).isEqualTo("[\"IPv4\"]");
        assertThat(Json.text(single, "clusterIP")).isEqualTo(address);
    }

    private JsonNode patch(String patch) {
        var answer = api.patch(SERVICES + "/s", "application/merge-patch+json", patch);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        return answer.body().path("spec");
    }

    @Test
    void anAddressIsNotLostByNotNamingIt() {
        JsonNode made = api.make(SERVICES, service("selector: {a: b}")).path("spec");
        for (String spec : new String[] {"selector: {a: c}", "selector: {a: d}, clusterIP: ''", "selector: {a: e}, clusterIP: " + Json.text(made, "clusterIP")}) {
            var answer = api.send("PUT", SERVICES + "/s", service(spec));
            assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
            for (String field : new String[] {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"}) {
                assertThat(answer.body().path("spec").path(field)).isEqualTo(made.path(field));
            }
        }
        assertThat(Json.text(api.send("PUT", SERVICES + "/s", service("clusterIP: 10.43.200.200")).body(), "message"))
                .isEqualTo("Service \"s\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.43.200.200\"]: may not change once set");
        JsonNode external = api.patch(SERVICES + "/s", "application/merge-patch+json", "{\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"a.b\"}}").body().path("spec");
        assertThat(external.has("clusterIP") || external.has("clusterIPs") || external.has("ipFamilies") || external.has("ipFamilyPolicy")).as(external.toString()).isFalse();
        JsonNode back = patch("{\"spec\":{\"type\":\"ClusterIP\",\"externalName\":null}}");
        assertThat(Json.text(back, "ipFamilyPolicy")).isEqualTo("SingleStack");
        assertThat(Json.text(back, "clusterIP")).startsWith("10.43.");
    }
}
