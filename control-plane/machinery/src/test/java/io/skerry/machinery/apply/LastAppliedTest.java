package io.skerry.machinery.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** {@code kubectl apply}, then {@code kubectl apply --server-side}, and back: KEP-555's upgrade of client-side apply. */
class LastAppliedTest {
    private static final Versions DEPLOYMENT = new OneVersion(TypeTable.builtin().kind("apps", "v1", "Deployment").orElseThrow().schema());
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
    private static final String FILE = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d, namespace: ns}
            spec:
              replicas: 3
              template: {spec: {containers: [{name: a, image: a:1}]}}
            """;

    private static ObjectNode yaml(String yaml) {
        return (ObjectNode) Yaml.parseAll(yaml, "test").getFirst().root();
    }

    /** What kubectl apply leaves on the server: the file and the file once more in the annotation, booked as an update. */
    private static ObjectNode clientSide(ObjectNode live, String file) {
        ObjectNode object = yaml(file);
        Json.ensureObject(object, "metadata", "annotations").put(ANNOTATION, Json.string(yaml(file)) + "\n");
        if (live != null) {
            ((ObjectNode) object.get("metadata")).set("managedFields", Json.at(live, "metadata", "managedFields"));
        }
        ManagedFields.recordUpdate(live, object, "kubectl-client-side-apply", DEPLOYMENT, "apps/v1", "", NOW);
        return object;
    }

    private static ObjectNode changed(ObjectNode live, String manager, int replicas) {
        ObjectNode object = live.deepCopy();
        ((ObjectNode) object.get("spec")).put("replicas", replicas);
        ManagedFields.recordUpdate(live, object, manager, DEPLOYMENT, "apps/v1", "", NOW);
        return object;
    }

    private static ObjectNode serverSide(ObjectNode live, String file, String manager) throws ApplyConflictException {
        return ServerSideApply.apply(live, yaml(file), manager, false, DEPLOYMENT, "apps/v1", "", NOW);
    }

    private static String image(JsonNode deployment) {
        return Json.text(Json.at(deployment, "spec", "template", "spec", "containers").path(0), "image");
    }

    @Test
    void kubectlTakesOverWhatItAppliedItself() throws Exception {
        ObjectNode live = clientSide(null, FILE);
        ObjectNode applied = serverSide(live, FILE.replace("a:1", "a:2"), "kubectl");
        assertThat(image(applied)).isEqualTo("a:2");
        JsonNode said = Json.parse(Json.text(applied, "metadata", "annotations", ANNOTATION));
        assertThat(image(said)).as("what kubectl apply will compare with").isEqualTo("a:2");
        assertThat(said).isEqualTo(yaml(FILE.replace("a:1", "a:2")));
        JsonNode managers = Json.at(applied, "metadata", "managedFields");
        assertThat(managers.findValuesAsText("manager")).containsExactly("kubectl", "kubectl-client-side-apply");
        assertThat(managers.path(1).toString()).as("taken over").doesNotContain("f:image").contains("f:replicas");
    }

    @Test
    void othersMeetTheConflict() {
        ObjectNode live = clientSide(null, FILE);
        assertThatThrownBy(() -> serverSide(live, FILE.replace("a:1", "a:2"), "argocd")).isInstanceOf(ApplyConflictException.class)
                .hasMessageContaining("conflict with \"kubectl-client-side-apply\" using apps/v1");
    }

    @Test
    void whatAnotherChangedSinceIsAConflict() throws Exception {
        ObjectNode live = changed(clientSide(null, FILE), "autoscaler", 7);
        assertThatThrownBy(() -> serverSide(live, FILE.replace("a:1", "a:2"), "kubectl")).isInstanceOf(ApplyConflictException.class)
                .as("the image is kubectl's own").hasMessage("Apply failed with 1 conflict: conflict with \"autoscaler\" using apps/v1: .spec.replicas");
        ObjectNode without = serverSide(live, FILE.replace("  replicas: 3\n", "").replace("a:1", "a:2"), "kubectl");
        assertThat(without.path("spec").path("replicas").asInt()).isEqualTo(7);
    }

    @Test
    void anAnnotationThatSaysNothingHelpsNobody() {
        for (String said : new String[] {"no JSON", "[]", "{\"apiVersion\":\"apps/v1beta1\",\"kind\":\"Deployment\",\"spec\":{\"replicas\":3}}"}) {
            ObjectNode live = clientSide(null, FILE);
            ((ObjectNode) Json.at(live, "metadata", "annotations")).put(ANNOTATION, said);
            assertThatThrownBy(() -> serverSide(live, FILE.replace("replicas: 3", "replicas: 4"), "kubectl")).as(said).isInstanceOf(ApplyConflictException.class);
        }
    }

    @Test
    void theAnnotationIsNeitherMadeNorKeptWhenTooLarge() throws Exception {
        assertThat(serverSide(null, FILE, "kubectl").path("metadata").has("annotations")).isFalse();
        String large = FILE.replace("namespace: ns}", "namespace: ns, annotations: {big: " + "x".repeat(140_000) + "}}");
        ObjectNode applied = serverSide(clientSide(null, FILE), large, "kubectl");
        assertThat(Json.at(applied, "metadata", "annotations").has(ANNOTATION)).isFalse();
        assertThat(Json.text(applied, "metadata", "annotations", "big")).hasSize(140_000);
    }
}
