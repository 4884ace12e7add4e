package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.node.NodeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
    private final Environment environment = new Environment(NodeConfig.of("n", Path.of("/d"), Path.of("/r"), "192.0.2.1"), new MemoryApi());
    private final List<Service> services = List.of(service("default", "kubernetes", "10.43.0.1", "https"), service("shop", "web-app", "10.43.0.9", "http"), service("shop", "headless", "None", "x"));

    @Test
    void linksServicesAsDockerDid() throws Exception {
        Map<String, String> env = of("shop", "{containers: [{name: c}]}");
        assertThat(env).containsEntry("KUBERNETES_SERVICE_HOST", "10.43.0.1").containsEntry("WEB_APP_SERVICE_HOST", "10.43.0.9").containsEntry("WEB_APP_SERVICE_PORT", "80")
                .containsEntry("WEB_APP_SERVICE_PORT_HTTP", "80").containsEntry("WEB_APP_PORT", "tcp://10.43.0.9:80").containsEntry("WEB_APP_PORT_80_TCP", "tcp://10.43.0.9:80")
                .containsEntry("WEB_APP_PORT_80_TCP_PROTO", "tcp").containsEntry("WEB_APP_PORT_80_TCP_PORT", "80").containsEntry("WEB_APP_PORT_80_TCP_ADDR", "10.43.0.9")
                .doesNotContainKey("HEADLESS_SERVICE_HOST");
        assertThat(of("shop", "{enableServiceLinks: false, containers: [{name: c}]}")).containsKey("KUBERNETES_SERVICE_HOST").doesNotContainKey("WEB_APP_SERVICE_HOST");
    }

    @Test
    void whatComesLaterWinsAndSeesWhatWasBefore() throws Exception {
        Map<String, String> env = of("shop", "{containers: [{name: c, env: [{name: A, value: a}, {name: WEB_APP_PORT, value: mine}, {name: B, value: '$(A)-$(WEB_APP_SERVICE_HOST)-$(C)'}, {name: C, value: c}]}]}");
        assertThat(env).containsEntry("WEB_APP_PORT", "mine").containsEntry("B", "a-10.43.0.9-$(C)");
    }

    @Test
    void showsThePodToItself() throws Exception {
        assertThat(of("shop", """
                {nodeName: n, serviceAccountName: robot, containers: [{name: c, resources: {requests: {cpu: 1500m}, limits: {memory: 1Mi}}, env: [
                {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}},
                {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}, {name: IPS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}},
                {name: CPU, valueFrom: {resourceFieldRef: {resource: requests.cpu}}}, {name: MEM, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Ki}}}]}]}
                """)).containsEntry("NAME", "p").containsEntry("LABEL", "x").containsEntry("HOST", "192.0.2.1").containsEntry("IPS", "10.42.0.7").containsEntry("CPU", "2").containsEntry("MEM", "1024");
    }

    @Test
    void saysWhatIsMissingUnlessItIsOptional() throws Exception {
        assertThatThrownBy(() -> of("shop", "{containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}")).isInstanceOf(ConfigException.class).hasMessage("secret \"s\" not found");
        assertThat(of("shop", "{containers: [{name: c, env: [{name: A, valueFrom: {configMapKeyRef: {name: s, key: k, optional: true}}}], envFrom: [{secretRef: {name: s, optional: true}}]}]}")).doesNotContainKey("A");
        assertThatThrownBy(() -> of("shop", "{containers: [{name: c, env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.nothing}}}]}]}")).hasMessage("unsupported fieldPath: spec.nothing");
    }

    private Map<String, String> of(String namespace, String spec) throws ConfigException {
        Pod pod = new PodBuilder(Serialization.unmarshal("spec:\n" + spec.indent(2), Pod.class)).withNewMetadata().withName("p").withNamespace(namespace).addToLabels("app", "x").endMetadata().build();
        return environment.of(pod, pod.getSpec().getContainers().getFirst(), services, List.of("10.42.0.7"));
    }

    private static Service service(String namespace, String name, String ip, String port) {
        return new ServiceBuilder().withNewMetadata().withNamespace(namespace).withName(name).endMetadata().withNewSpec().withClusterIP(ip).addNewPort().withName(port).withPort(80).withProtocol("TCP").endPort().endSpec().build();
    }
}
