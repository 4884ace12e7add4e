package io.skerry.machinery.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.yaml.Yaml;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A definition's author makes a field atomic, or granular, when objects are there already. */
class SchemaChangeTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String LIST = """
            {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {"type": "object", "properties":
            {"name": {"type": "string"}, "value": {"type": "string"}}}}""";
    private static final String MAP = "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}}";
    private static final String STRUCT = "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\"}, \"b\": {\"type\": \"string\"}}}";

    private static Versions versions(String content, boolean atomic) {
        ObjectNode field = (ObjectNode) Json.parse(content);
        if (atomic) {
            boolean list = field.path("type").asText().equals("array");
            field.remove("x-kubernetes-list-map-keys");
            field.put(list ? "x-kubernetes-list-type" : "x-kubernetes-map-type", "atomic");
        }
        ObjectNode schema = Json.object().put("type", "object");
        schema.putObject("properties").putObject("spec").put("type", "object").putObject("properties").set("x", field);
        return new OneVersion(Schema.ofCustomResource(schema));
    }

    private static ObjectNode object(String x) {
        return (ObjectNode) Yaml.parseAll("{apiVersion: e.io/v1, kind: W, metadata: {name: w}, spec: {x: " + x + "}}", "test").getFirst().root();
    }

    private static ObjectNode apply(ObjectNode live, String x, String manager, boolean force, Versions versions) throws ApplyConflictException {
        return ServerSideApply.apply(live, object(x), manager, force, versions, "e.io/v1", "", NOW);
    }

    private static String fields(ObjectNode object, String manager) {
        for (JsonNode entry : Json.at(object, "metadata", "managedFields")) {
            if (entry.path("manager").asText().equals(manager)) {
                return entry.path("fieldsV1").toString();
            }
        }
        return "none";
    }

    private static String schema(String kind) {
        return switch (kind) {
            case "list" -> LIST;
            case "map" -> MAP;
            default -> STRUCT;
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            list   | [{name: a, value: '1'}] | [{name: b, value: '1'}] | [{name: a, value: '2'}]
            map    | {a: '1'}                | {b: '1'}                | {a: '2'}
            struct | {a: '1'}                | {b: '1'}                | {a: '2'}
            """)
    void whoOwnedAPartOfWhatIsAtomicNowOwnsTheWhole(String kind, String first, String second, String changed) throws Exception {
        Versions granular = versions(schema(kind), false);
        Versions atomic = versions(schema(kind), true);
        ObjectNode live = apply(apply(null, first, "one", false, granular), second, "two", false, granular);
        assertThat(Json.at(live, "spec", "x")).hasSize(2);
        ApplyConflictException conflict = catchThrowableOfType(ApplyConflictException.class, () -> apply(live, changed, "one", false, atomic));
        assertThat(conflict).hasMessage("Apply failed with 1 conflict: conflict with \"two\": .spec.x");
        ObjectNode forced = apply(live, changed, "one", true, atomic);
        assertThat(Json.at(forced, "spec", "x")).isEqualTo(Json.at(object(changed), "spec", "x"));
        assertThat(fields(forced, "one")).isEqualTo("{\"f:spec\":{\"f:x\":{}}}");
        assertThat(fields(forced, "two")).isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            list   | [{name: a, value: '1'}]
            map    | {a: '1'}
            struct | {a: '1'}
            """)
    void anyWriteBringsTheOwnersUpToDate(String kind, String first) throws Exception {
        ObjectNode live = apply(null, first, "one", false, versions(schema(kind), false));
        assertThat(fields(live, "one")).isNotEqualTo("{\"f:spec\":{\"f:x\":{}}}");
        ObjectNode updated = live.deepCopy();
        Json.ensureObject((ObjectNode) updated.get("metadata"), "labels").put("seen", "yes");
        ManagedFields.recordUpdate(live, updated, "editor", versions(schema(kind), true), "e.io/v1", "", NOW);
        assertThat(fields(updated, "one")).isEqualTo("{\"f:spec\":{\"f:x\":{}}}");
        assertThat(fields(updated, "editor")).isEqualTo("{\"f:metadata\":{\"f:labels\":{\".\":{},\"f:seen\":{}}}}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            list   | [{name: a, value: '1'}] | [{name: a, value: '1'}, {name: b, value: '1'}] | 2
            map    | {a: '1'}                | {a: '1', b: '1'}                               | 2
            """)
    void whatIsGranularNowIsOwnedByItsPartsFromTheNextApplyOn(String kind, String first, String more, int parts) throws Exception {
        Versions granular = versions(schema(kind), false);
        ObjectNode live = apply(null, first, "one", false, versions(schema(kind), true));
        assertThat(fields(live, "one")).isEqualTo("{\"f:spec\":{\"f:x\":{}}}");
        ObjectNode applied = apply(live, more, "one", false, granular);
        assertThat(Json.at(applied, "spec", "x")).hasSize(parts);
        assertThat(Json.at(Json.parse(fields(applied, "one")), "f:spec", "f:x")).hasSize(parts);
    }
}
