package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResizeValidationTest {
    private static final ResourceType PODS = TypeTable.builtin().all().stream().filter(t -> t.plural().equals("pods") && t.group().isEmpty()).findFirst().orElseThrow();
    private static final String RESTART = "resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}], ";
    private static final String SMALL = "resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}}";

    private static ObjectNode pod(String spec, String status) {
        return (ObjectNode) Yaml.parseAll("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: n, uid: u, resourceVersion: '1'}, spec: {restartPolicy: Always, dnsPolicy: ClusterFirst, "
                + spec + "}, status: " + status + "}", "test").getFirst().root();
    }

    private static String container(String name, String more) {
        return "{name: " + name + ", image: i, imagePullPolicy: Always, terminationMessagePolicy: File, " + more + "}";
    }

    private static String errors(ObjectNode now, ObjectNode before) {
        List<String> told = Validation.validate(PODS, now, before, "resize").stream().map(FieldError::toString).toList();
        return told.isEmpty() ? "-" : String.join(" | ", told);
    }

    private static String resized(String now, String before) {
        return errors(pod("containers: [" + container("c", now) + "]", "{}"), pod("containers: [" + container("c", before) + "]", "{}"));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            {requests: {cpu: 150m, memory: 32Mi}, limits: {cpu: 300m, memory: 128Mi}} => -
            {requests: {cpu: 50m, memory: 8Mi}, limits: {cpu: 60m, memory: 64Mi}} => -
            {requests: {cpu: 0.1, memory: 16Mi}, limits: {cpu: 200m, memory: 65536Ki}} => -
            {requests: {cpu: 100m, memory: 16Mi}, limits: {cpu: 200m, memory: 32Mi}} => spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer
            {requests: {memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}} => spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed
            {requests: {cpu: 100m, memory: 16Mi}, limits: {memory: 64Mi}} => spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed
            {requests: {cpu: 200m, memory: 64Mi}, limits: {cpu: 200m, memory: 64Mi}} => spec: Invalid value: "": Pod QOS Class may not change as a result of resizing
            {requests: {cpu: 500m, memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}} => spec.containers[0].resources.requests: Invalid value: "500m": must be less than or equal to cpu limit of 200m
            """)
    void changesComputeWithinTheClass(String resources, String expected) {
        assertThat(resized("resources: " + resources, SMALL)).isEqualTo(expected);
    }

    @Test
    void mayAddWhatLeavesTheClass() {
        assertThat(resized("resources: {requests: {cpu: 100m}, limits: {cpu: 200m}}", "resources: {requests: {cpu: 100m}}")).isEqualTo("-");
        assertThat(resized("resources: {requests: {cpu: 100m}}", "resources: {}")).isEqualTo("spec: Invalid value: \"\": Pod QOS Class may not change as a result of resizing");
        assertThat(resized(RESTART + SMALL.replace("64Mi", "32Mi"), RESTART + SMALL)).isEqualTo("-");
    }

    @Test
    void leavesEverythingElse() {
        assertThat(resized(SMALL.replace("limits: {", "limits: {ephemeral-storage: 1Gi, "), SMALL))
                .isEqualTo("spec: Forbidden: only cpu and memory resources are mutable\nchanged: spec.containers[0].resources.limits.ephemeral-storage");
        assertThat(resized(RESTART + SMALL, SMALL)).isEqualTo("spec: Forbidden: only cpu and memory resources are mutable\nchanged: spec.containers[0].resizePolicy");
        String two = "containers: [" + container("a", SMALL) + ", " + container("b", SMALL) + "]";
        assertThat(errors(pod("containers: [" + container("b", SMALL) + ", " + container("a", SMALL) + "]", "{}"), pod(two, "{}")))
                .startsWith("spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize");
        assertThat(errors(pod("containers: [" + container("a", SMALL) + "]", "{}"), pod(two, "{}"))).isEqualTo("spec: Forbidden: containers may not be added or removed on resize");
    }

    @Test
    void resizesSidecarsAndNoOtherInitContainers() {
        String main = "containers: [" + container("c", SMALL) + "], initContainers: [";
        String larger = SMALL.replace("16Mi", "32Mi");
        assertThat(errors(pod(main + container("s", "restartPolicy: Always, " + larger) + "]", "{}"), pod(main + container("s", "restartPolicy: Always, " + SMALL) + "]", "{}"))).isEqualTo("-");
        assertThat(errors(pod(main + container("s", larger) + "]", "{}"), pod(main + container("s", SMALL) + "]", "{}")))
                .isEqualTo("spec: Forbidden: resources for non-sidecar init containers are immutable");
    }

    @Test
    void isOfferedByNodesThatSayWhatContainersHave() {
        String spec = "containers: [" + container("c", SMALL) + "]";
        String running = "{containerStatuses: [{name: c, ready: true, restartCount: 0, image: i, imageID: '', state: {running: {}}%s}]}";
        ObjectNode larger = pod(spec.replace("16Mi", "32Mi"), "{}");
        assertThat(errors(larger, pod(spec, running.formatted("")))).isEqualTo("spec: Forbidden: Pod running on node without support for resize");
        assertThat(errors(larger, pod(spec, running.formatted(", resources: {}")))).isEqualTo("-");
    }

    @Test
    void aPodThatNeverRestartsIsNotRestartedForIt() {
        ObjectNode pod = pod("containers: [" + container("c", RESTART + SMALL) + "]", "{}");
        assertThat(Validation.validate(PODS, pod, null)).isEmpty();
        ((ObjectNode) pod.get("spec")).put("restartPolicy", "Never");
        assertThat(Validation.validate(PODS, pod, null)).singleElement()
                .hasToString("spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'");
    }

    @Test
    void isNotForStaticPods() {
        ObjectNode was = pod("nodeName: n, containers: [" + container("c", SMALL) + "]", "{}");
        ((ObjectNode) was.get("metadata")).putObject("annotations").put("kubernetes.io/config.mirror", "x");
        ObjectNode now = was.deepCopy();
        assertThat(errors(now, was)).contains("Forbidden: static pods cannot be resized");
    }
}
