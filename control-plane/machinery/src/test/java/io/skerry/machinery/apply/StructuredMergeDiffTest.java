package io.skerry.machinery.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random steps of three appliers and updaters at one Deployment, with the answers that upstream's own library gave
 * (sigs.k8s.io/structured-merge-diff/v4 4.6.0, which Kubernetes 1.33 uses): the object, every manager's fields, conflicts.
 */
class StructuredMergeDiffTest {

    record Step(int line, JsonNode json) {
        @Override
        public String toString() {
            return "line " + line + ": " + json.path("operation").asText() + (json.path("force").asBoolean() ? " with force" : "") + (json.has("conflicts") ? ", conflicts" : "");
        }
    }

    static List<Step> steps() throws IOException {
        try (var in = new BufferedReader(new InputStreamReader(StructuredMergeDiffTest.class.getResourceAsStream("structured-merge-diff.jsonl"), StandardCharsets.UTF_8))) {
            int[] line = {0};
            return in.lines().map(text -> new Step(++line[0], Json.parse(text))).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("steps")
    void answersAsUpstream(Step step) {
        JsonNode json = step.json;
        Versions versions = new OneVersion(TypeTable.builtin().kind("apps", "v1", "Deployment").orElseThrow().schema());
        ObjectNode live = json.get("live").deepCopy();
        ObjectNode result = json.get("object").deepCopy();
        TreeSet<String> conflicts = new TreeSet<>();
        try {
            if (json.path("operation").asText().equals("Update")) {
                ManagedFields.recordUpdate(live, result, json.path("manager").asText(), versions, "v1", "", Instant.EPOCH);
            } else {
                result = ServerSideApply.apply(live, result, json.path("manager").asText(), json.path("force").asBoolean(), versions, "v1", "", Instant.EPOCH);
            }
        } catch (ApplyConflictException e) {
            e.conflicts().forEach(c -> conflicts.add(c.operation() + "/" + c.manager() + " " + c.fieldPath()));
        }
        TreeSet<String> expectedConflicts = new TreeSet<>();
        json.path("conflicts").forEach(c -> expectedConflicts.add(c.asText()));
        assertThat(conflicts).isEqualTo(expectedConflicts);
        if (json.has("conflicts")) {
            return;
        }
        Map<String, JsonNode> managers = new TreeMap<>();
        Json.at(result, "metadata", "managedFields").forEach(e -> managers.put(e.path("operation").asText() + "/" + e.path("manager").asText(), e.path("fieldsV1")));
        Map<String, JsonNode> expectedManagers = new TreeMap<>();
        json.path("managers").properties().forEach(e -> expectedManagers.put(e.getKey(), e.getValue()));
        assertThat(managers).isEqualTo(expectedManagers);
        ((ObjectNode) result.get("metadata")).remove("managedFields");
        assertThat(result).isEqualTo(json.get("result"));
    }
}
