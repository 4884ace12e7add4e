package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EphemeralContainerValidationTest {
    private static final ResourceType PODS = TypeTable.builtin().all().stream().filter(t -> t.plural().equals("pods") && t.group().isEmpty()).findFirst().orElseThrow();
    private static final String ONE = "{name: d, image: i, imagePullPolicy: Always, terminationMessagePolicy: File}";

    private static ObjectNode pod(String ephemeral) {
        ObjectNode pod = (ObjectNode) Yaml.parseAll("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: n, uid: u, resourceVersion: '1'}, spec: {restartPolicy: Always, dnsPolicy: ClusterFirst, "
                + "containers: [{name: c, image: i, imagePullPolicy: Always, terminationMessagePolicy: File}], volumes: [{name: v, emptyDir: {}}], ephemeralContainers: [" + ephemeral + "]}}", "test").getFirst().root();
        if (ephemeral.isEmpty()) {
            ((ObjectNode) pod.get("spec")).remove("ephemeralContainers");
        }
        return pod;
    }

    private static String errors(String now, String before, String subresource) {
        List<String> told = Validation.validate(PODS, pod(now), before == null ? null : pod(before), subresource).stream().map(FieldError::toString).toList();
        return told.isEmpty() ? "-" : String.join(" | ", told);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            targetContainerName: c, volumeMounts: [{name: v, mountPath: /v}], stdin: true, tty: true => -
            targetContainerName: '' => -
            targetContainerName: x => spec.ephemeralContainers[0].targetContainerName: Not found: "x"
            targetContainerName: d => spec.ephemeralContainers[0].targetContainerName: Not found: "d"
            ports: [{containerPort: 1, protocol: TCP}] => spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container
            resources: {limits: {cpu: '1'}} => spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container
            resources: {} => -
            restartPolicy: Always => spec.ephemeralContainers[0].restartPolicy: Forbidden: cannot be set for an Ephemeral Container
            livenessProbe: {tcpSocket: {port: 1}} => spec.ephemeralContainers[0].livenessProbe: Forbidden: cannot be set for an Ephemeral Container
            volumeMounts: [{name: v, mountPath: /v, subPath: a}] => spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container
            volumeMounts: [{name: w, mountPath: /v}] => spec.ephemeralContainers[0].volumeMounts[0].name: Not found: "w"
            """)
    void hasWhatHelpsToLookAndNothingElse(String more, String expected) {
        assertThat(errors(ONE.replace("}", ", " + more + "}"), "", "ephemeralcontainers")).isEqualTo(expected);
    }

    @Test
    void isAddedAndNeverChanged() {
        String other = ONE.replace("name: d", "name: e");
        assertThat(errors(ONE + ", " + other, ONE, "ephemeralcontainers")).isEqualTo("-");
        assertThat(errors(other + ", " + ONE, ONE, "ephemeralcontainers")).as("a patch does not keep the order").isEqualTo("-");
        assertThat(errors(other, ONE, "ephemeralcontainers")).isEqualTo("spec.ephemeralContainers: Forbidden: existing ephemeral containers \"d\" may not be removed\n");
        assertThat(errors(ONE.replace("image: i", "image: j"), ONE, "ephemeralcontainers")).isEqualTo("spec.ephemeralContainers: Forbidden: existing ephemeral containers \"d\" may not be changed\n");
        assertThat(errors(ONE + ", " + ONE, "", "ephemeralcontainers")).isEqualTo("spec.ephemeralContainers[1].name: Duplicate value: \"d\"");
        assertThat(errors(ONE.replace("name: d", "name: c"), "", "ephemeralcontainers")).isEqualTo("spec.ephemeralContainers[0].name: Duplicate value: \"c\"");
    }

    @Test
    void comesThroughItsSubresourceAlone() {
        assertThat(errors(ONE, null, "")).isEqualTo("spec.ephemeralContainers: Forbidden: cannot be set on create");
        assertThat(errors(ONE, "", "")).startsWith("spec: Forbidden: pod updates may not change fields other than").endsWith("changed: spec.ephemeralContainers");
        assertThat(errors(ONE, ONE, "")).isEqualTo("-");
        assertThat(errors(ONE, ONE, "resize")).isEqualTo("-");
    }

    @Test
    void isNotForStaticPods() {
        ObjectNode was = pod("");
        Json.ensureObject(was, "metadata", "annotations").put("kubernetes.io/config.mirror", "x");
        ObjectNode now = pod(ONE);
        Json.ensureObject(now, "spec").put("nodeName", "n");
        Json.ensureObject(now, "metadata", "annotations").put("kubernetes.io/config.mirror", "x");
        assertThat(Validation.validate(PODS, now, was, "ephemeralcontainers")).singleElement().satisfies(e -> assertThat(e.detail()).contains("static pods do not support ephemeral containers"));
    }
}
