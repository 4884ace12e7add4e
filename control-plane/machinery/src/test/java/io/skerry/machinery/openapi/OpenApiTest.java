package io.skerry.machinery.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.Subresource;
import io.skerry.machinery.schema.TypeTable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OpenApiTest {

    private final Collection<ResourceType> builtin = TypeTable.builtin().all();

    private static final ResourceType WIDGET = new ResourceType("stable.example.com", "v1", "widgets", "widget", "Widget", true, List.of(), List.of(),
            Set.of("create", "delete", "get", "list", "patch", "update", "watch"),
            List.of(new Subresource("status", "stable.example.com", "v1", "Widget", Set.of("get", "patch", "update"))),
            Schema.ofCustomResource(Json.parse("""
                    {"type":"object","description":"A widget.","properties":{"spec":{"type":"object","properties":{"not":{"type":"string","nullable":true},
                     "port":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}}}}}""")), List.of());

    @Test
    void everyReferenceOfEveryDocumentLeadsSomewhere() {
        Set<String> versions = new TreeSet<>(builtin.stream().map(ResourceType::apiVersion).toList());
        for (String version : versions) {
            ObjectNode document = OpenApi.v3(version, builtin);
            assertThat(document.path("paths")).as(version).isNotEmpty();
            assertReferences(document, "#/components/schemas/", document.path("components").path("schemas"));
        }
        ObjectNode v2 = OpenApi.v2(builtin);
        assertReferences(v2, "#/definitions/", v2.path("definitions"));
    }

    private static void assertReferences(JsonNode document, String prefix, JsonNode schemas) {
        List<String> references = document.findValuesAsText("$ref").stream().filter(r -> !r.isEmpty()).toList();
        assertThat(references).isNotEmpty().allSatisfy(r -> {
            assertThat(r).startsWith(prefix);
            assertThat(schemas.has(r.substring(prefix.length()))).as(r).isTrue();
        });
    }

    @Test
    void carriesWhatAStrategicMergeNeeds() {
        JsonNode schemas = OpenApi.v3("v1", builtin).path("components").path("schemas");
        JsonNode containers = schemas.path("io.k8s.api.core.v1.PodSpec").path("properties").path("containers");
        assertThat(containers.path("x-kubernetes-patch-merge-key").asText()).isEqualTo("name");
        assertThat(containers.path("x-kubernetes-patch-strategy").asText()).isEqualTo("merge");
        assertThat(containers.path("x-kubernetes-list-type").asText()).isEqualTo("map");
        assertThat(containers.path("x-kubernetes-list-map-keys").get(0).asText()).isEqualTo("name");
        assertThat(containers.path("items").path("$ref").asText()).endsWith("io.k8s.api.core.v1.Container");
        assertThat(schemas.path("io.k8s.api.core.v1.PodSpec").path("properties").path("volumes").path("x-kubernetes-patch-strategy").asText()).isEqualTo("merge,retainKeys");
        JsonNode kind = schemas.path("io.k8s.api.core.v1.Pod").path("x-kubernetes-group-version-kind").get(0);
        assertThat(kind).isEqualTo(Json.parse("{\"group\":\"\",\"kind\":\"Pod\",\"version\":\"v1\"}"));
        assertThat(schemas.path("io.k8s.api.core.v1.PodList").path("properties").path("items").path("items").path("$ref").asText()).endsWith(".Pod");
        assertThat(schemas.path("io.k8s.api.core.v1.Pod").path("properties").path("spec").path("$ref").asText()).endsWith("PodSpec");
        assertThat(schemas.path("io.k8s.api.core.v1.PodList").path("properties").path("metadata").path("allOf").get(0).path("$ref").asText()).endsWith("ListMeta");
    }

    /** Whatever leads to a type first; and no field of a type's says what its owner is instead of what it is. */
    @Test
    void saysOfEachTypeAndFieldWhatItIs() {
        JsonNode definitions = OpenApi.v2(builtin).path("definitions");
        assertThat(text(definitions, "io.k8s.api.core.v1.ResourceRequirements")).isEqualTo("ResourceRequirements describes the compute resource requirements.");
        assertThat(text(definitions, "io.k8s.api.core.v1.PodTemplateSpec")).isEqualTo("PodTemplateSpec describes the data a pod should have when created from a template");
        assertThat(text(definitions, "io.k8s.api.apps.v1.DeploymentStrategy")).isEqualTo("DeploymentStrategy describes how to replace existing pods with new ones.");
        JsonNode resources = definitions.path("io.k8s.api.core.v1.Container").path("properties").path("resources");
        assertThat(resources).as("its type's text, not the container's").isEqualTo(Json.parse("{\"$ref\":\"#/definitions/io.k8s.api.core.v1.ResourceRequirements\"}"));
        assertThat(definitions.path("io.k8s.api.core.v1.Container").path("properties").path("image").path("description").asText()).startsWith("Container image name.");

        Map<String, Set<String>> kindsByText = new TreeMap<>();
        definitions.properties().forEach(definition -> {
            String text = text(definitions, definition.getKey());
            definition.getValue().path("properties").properties().forEach(field ->
                    assertThat(field.getValue().path("description").asText()).as(definition.getKey() + "." + field.getKey()).satisfiesAnyOf(
                            said -> assertThat(said).isEmpty(), said -> assertThat(said).isNotEqualTo(text)));
            if (definition.getKey().startsWith("io.k8s.api.") && !text.isEmpty()) {
                kindsByText.computeIfAbsent(text, t -> new TreeSet<>()).add(definition.getKey().substring(definition.getKey().lastIndexOf('.') + 1));
            }
        });
        kindsByText.values().removeIf(kinds -> kinds.size() == 1);
        assertThat(kindsByText.values()).as("texts of several kinds: of a volume's source in a pod and in a PersistentVolume upstream says the same").hasSize(6)
                .allSatisfy(kinds -> assertThat(kinds.stream().map(kind -> kind.replace("PersistentVolumeSource", "VolumeSource")).distinct()).hasSize(1));
    }

    private static String text(JsonNode definitions, String name) {
        return definitions.path(name).path("description").asText();
    }

    @Test
    void namesThePathsAndTheirParameters() {
        JsonNode paths = OpenApi.v3("apps/v1", builtin).path("paths");
        JsonNode patch = paths.path("/apis/apps/v1/namespaces/{namespace}/deployments/{name}").path("patch");
        assertThat(patch.path("parameters").findValuesAsText("name")).contains("dryRun", "fieldValidation", "fieldManager", "force");
        assertThat(patch.path("x-kubernetes-group-version-kind").path("kind").asText()).isEqualTo("Deployment");
        assertThat(patch.path("operationId").asText()).isEqualTo("patchAppsV1NamespacedDeployment");
        assertThat(paths.path("/apis/apps/v1/deployments").path("get").path("x-kubernetes-action").asText()).isEqualTo("list");
        assertThat(paths.path("/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale").path("patch").path("x-kubernetes-group-version-kind").path("group").asText())
                .isEqualTo("autoscaling");
        JsonNode core = OpenApi.v3("v1", builtin).path("paths");
        assertThat(core.path("/api/v1/namespaces/{namespace}/pods/{name}/exec").path("post").path("x-kubernetes-action").asText()).isEqualTo("connect");
        assertThat(core.path("/api/v1/nodes/{name}").has("put")).isTrue();
    }

    @Test
    void saysWhatADeleteAnswers() {
        String pod = "/api/v1/namespaces/{namespace}/pods";
        assertThat(answerToDelete(pod + "/{name}")).isEqualTo("io.k8s.api.core.v1.Pod");
        assertThat(answerToDelete(pod)).isEqualTo("io.k8s.apimachinery.pkg.apis.meta.v1.Status");
        assertThat(answerToDelete("/api/v1/persistentvolumes/{name}")).isEqualTo("io.k8s.api.core.v1.PersistentVolume");
        assertThat(answerToDelete("/apis/storage.k8s.io/v1/csinodes/{name}")).isEqualTo("io.k8s.api.storage.v1.CSINode");
        assertThat(answerToDelete("/api/v1/namespaces/{namespace}/configmaps/{name}")).isEqualTo("io.k8s.apimachinery.pkg.apis.meta.v1.Status");
    }

    /** Name of the definition, which both documents have to agree on. */
    private String answerToDelete(String path) {
        String version = path.startsWith("/api/") ? "v1" : path.replaceFirst("/apis/([^/]*/[^/]*)/.*", "$1");
        JsonNode v3 = OpenApi.v3(version, builtin).path("paths").path(path).path("delete").path("responses").path("200");
        String name = v3.path("content").path("application/json").path("schema").path("$ref").asText().replace("#/components/schemas/", "");
        JsonNode v2 = OpenApi.v2(builtin).path("paths").path(path).path("delete").path("responses").path("200");
        assertThat(v2.path("schema").path("$ref").asText()).isEqualTo("#/definitions/" + name);
        return name;
    }

    @Test
    void publishesCustomResources() {
        ObjectNode v3 = OpenApi.v3("stable.example.com/v1", List.of(WIDGET));
        JsonNode widget = v3.path("components").path("schemas").path("com.example.stable.v1.Widget");
        assertThat(widget.path("description").asText()).isEqualTo("A widget.");
        assertThat(widget.path("properties").path("metadata").path("allOf").get(0).path("$ref").asText()).endsWith("ObjectMeta");
        assertThat(widget.path("properties").path("spec").path("properties").path("port").has("anyOf")).isTrue();
        assertReferences(v3, "#/components/schemas/", v3.path("components").path("schemas"));
        JsonNode spec = OpenApi.v2(List.of(WIDGET)).path("definitions").path("com.example.stable.v1.Widget").path("properties").path("spec").path("properties");
        assertThat(spec.path("port").has("anyOf")).isFalse();
        assertThat(spec.path("not").path("type").asText()).as("a field of that name stays").isEqualTo("string");
        assertThat(spec.path("not").has("nullable")).isFalse();
    }

    @Test
    void listsTheDocuments() {
        assertThat(OpenApi.v3Index(Map.of("apps/v1", "AB")).path("paths").path("apis/apps/v1").path("serverRelativeURL").asText())
                .isEqualTo("/openapi/v3/apis/apps/v1?hash=AB");
        assertThat(OpenApi.v3Index(Map.of("v1", "C")).path("paths").has("api/v1")).isTrue();
    }
}
