package io.skerry.machinery.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.yaml.Yaml;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Managers who write one object in two versions: what is spec.size in e.io/v1 is spec.length in e.io/v2. */
class VersionedApplyTest {
    private static final String V1 = "e.io/v1";
    private static final String V2 = "e.io/v2";
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    /** How often something was converted. */
    private int conversions;

    private final Versions versions = new Versions() {
        private final Schema first = schemaWith("size");
        private final Schema second = schemaWith("length");

        @Override
        public Schema schema(String apiVersion) {
            return switch (apiVersion) {
                case V1 -> first;
                case V2 -> second;
                default -> null;
            };
        }

        @Override
        public List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion) {
            conversions++;
            return objects.stream().map(object -> to(apiVersion, object)).toList();
        }
    };

    private static Schema schemaWith(String field) {
        return Schema.ofCustomResource(Json.parse("{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\",\"properties\":{\"" + field
                + "\":{\"type\":\"string\"},\"color\":{\"type\":\"string\"}}}}}"));
    }

    private static ObjectNode to(String apiVersion, ObjectNode object) {
        object.put("apiVersion", apiVersion);
        if (object.get("spec") instanceof ObjectNode spec) {
            JsonNode size = spec.remove(apiVersion.equals(V1) ? "length" : "size");
            if (size != null) {
                spec.set(apiVersion.equals(V1) ? "size" : "length", size);
            }
        }
        return object;
    }

    private static ObjectNode object(String apiVersion, String spec) {
        return (ObjectNode) Yaml.parseAll("{apiVersion: " + apiVersion + ", kind: W, metadata: {name: w}, spec: " + spec + "}", "test").getFirst().root();
    }

    /** What a manager makes of the live object, which the server shows it in the manager's version. */
    private ObjectNode apply(ObjectNode live, String manager, boolean force, String apiVersion, String spec) throws ApplyConflictException {
        ObjectNode seen = live == null ? null : to(apiVersion, live.deepCopy());
        return ServerSideApply.apply(seen, object(apiVersion, spec), manager, force, versions, apiVersion, "", NOW);
    }

    private static String fields(ObjectNode object, String manager) {
        for (JsonNode entry : Json.at(object, "metadata", "managedFields")) {
            if (Json.text(entry, "manager").equals(manager)) {
                return Json.text(entry, "apiVersion") + " " + entry.path("fieldsV1");
            }
        }
        return "";
    }

    @Test
    void aFieldOfAnotherNameIsInConflict() throws Exception {
        ObjectNode live = apply(null, "a", false, V1, "{size: '1', color: red}");
        assertThatThrownBy(() -> apply(live, "b", false, V2, "{length: '2', color: red}")).isInstanceOf(ApplyConflictException.class)
                .hasMessage("Apply failed with 1 conflict: conflict with \"a\": .spec.size");
        ObjectNode shared = apply(live, "b", false, V2, "{length: '1'}");
        assertThat(fields(shared, "a")).as("both want the same").isEqualTo("e.io/v1 {\"f:spec\":{\"f:color\":{},\"f:size\":{}}}");
        ObjectNode forced = apply(live, "b", true, V2, "{length: '2'}");
        assertThat(fields(forced, "a")).isEqualTo("e.io/v1 {\"f:spec\":{\"f:color\":{}}}");
        assertThat(fields(forced, "b")).isEqualTo("e.io/v2 {\"f:spec\":{\"f:length\":{}}}");
        assertThatThrownBy(() -> apply(forced, "a", false, V1, "{size: '1', color: red}")).hasMessage("Apply failed with 1 conflict: conflict with \"b\": .spec.length");
    }

    @Test
    void anUpdateTakesAFieldOfAnotherName() throws Exception {
        ObjectNode live = to(V2, apply(null, "a", false, V1, "{size: '1', color: red}"));
        ObjectNode updated = live.deepCopy();
        updated.withObject("spec").put("length", "3");
        ManagedFields.recordUpdate(live, updated, "editor", versions, V2, "", NOW);
        assertThat(fields(updated, "a")).isEqualTo("e.io/v1 {\"f:spec\":{\"f:color\":{}}}");
        assertThat(fields(updated, "editor")).isEqualTo("e.io/v2 {\"f:spec\":{\"f:length\":{}}}");
        assertThatThrownBy(() -> apply(updated, "a", false, V1, "{size: '1', color: red}"))
                .hasMessage("Apply failed with 1 conflict: conflict with \"editor\" using e.io/v2: .spec.length");
        ObjectNode emptied = updated.deepCopy();
        emptied.withObject("spec").remove("color");
        ManagedFields.recordUpdate(updated, emptied, "editor", versions, V2, "", NOW);
        assertThat(fields(emptied, "a")).as("what is gone is nobody's").isEmpty();
    }

    @Test
    void whatOthersApplyInAnotherVersionStays() throws Exception {
        ObjectNode both = apply(apply(null, "a", false, V1, "{size: '1', color: red}"), "b", false, V2, "{length: '1'}");
        ObjectNode left = apply(both, "a", false, V1, "{color: red}");
        assertThat(Json.text(left, "spec", "size")).isEqualTo("1");
        assertThat(apply(left, "b", false, V2, "{}").path("spec")).hasToString("{\"color\":\"red\"}");
    }

    @Test
    void whatAManagerAppliedInAnotherVersionGoes() throws Exception {
        ObjectNode live = apply(null, "a", false, V1, "{size: '1', color: red}");
        ObjectNode moved = apply(live, "a", false, V2, "{color: red}");
        assertThat(moved.path("spec")).hasToString("{\"color\":\"red\"}");
        assertThat(moved.path("apiVersion").asText()).isEqualTo(V2);
        assertThat(fields(moved, "a")).isEqualTo("e.io/v2 {\"f:spec\":{\"f:color\":{}}}");
        ObjectNode kept = apply(live, "a", false, V2, "{length: '1', color: red}");
        assertThat(kept.path("spec")).isEqualTo(Json.parse("{\"length\":\"1\",\"color\":\"red\"}"));
        ObjectNode emptied = apply(live, "a", false, V2, "{}");
        assertThat(emptied.path("spec")).as("no trace of what was pruned").isEmpty();
    }

    @Test
    void aVersionThatIsGoneTakesItsManagersAlong() throws Exception {
        ObjectNode live = apply(apply(null, "a", false, V1, "{size: '1'}"), "b", false, V1, "{color: red}");
        ((ObjectNode) Json.at(live, "metadata", "managedFields").get(0)).put("apiVersion", "e.io/v1alpha1");
        assertThat(fields(apply(live, "b", false, V1, "{color: red}"), "a")).as("nothing changes").isNotEmpty();
        ObjectNode changed = apply(live, "b", false, V1, "{color: red, size: '2'}");
        assertThat(fields(changed, "a")).isEmpty();
        ObjectNode again = apply(live, "a", false, V1, "{color: red}");
        assertThat(Json.text(again, "spec", "size")).as("nobody can tell whose it was").isEqualTo("1");
    }

    @Test
    void nothingIsConvertedWhereThereIsOneVersionOrNoChange() throws Exception {
        ObjectNode live = apply(apply(null, "a", false, V1, "{size: '1'}"), "b", false, V1, "{color: red}");
        apply(live, "b", false, V1, "{color: blue}");
        apply(live, "b", false, V1, "{}");
        assertThat(conversions).isZero();
        ObjectNode other = apply(live, "c", false, V2, "{color: red}");
        assertThat(conversions).as("the other managers wrote what nobody changes").isZero();
        apply(other, "c", false, V2, "{color: red}");
        assertThat(conversions).as("applied again").isZero();
    }
}
