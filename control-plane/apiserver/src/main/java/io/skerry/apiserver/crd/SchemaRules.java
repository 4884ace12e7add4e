package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.cel.CelTypes;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The compiled {@code x-kubernetes-validations} of a schema and of what lies under it (KEP-2876). Immutable.
 *
 * @param properties only those that have rules somewhere under them
 * @param items      null when the items have none
 * @param values     of additionalProperties, null when they have none
 */
record SchemaRules(JsonNode schema, boolean root, List<Rule> rules, Map<String, SchemaRules> properties, SchemaRules items, SchemaRules values) {

    /**
     * @param source  one entry of x-kubernetes-validations
     * @param program null when it did not compile
     * @param message the messageExpression, or null
     * @param problem why it did not compile, or ""
     * @param messageProblem why the messageExpression did not, or ""
     */
    record Rule(JsonNode source, CelProgram program, CelProgram message, String problem, String messageProblem) {

        boolean optionalOldSelf() {
            return source.path("optionalOldSelf").asBoolean();
        }

        boolean usesOldSelf() {
            return program != null && program.uses("oldSelf");
        }
    }

    /** @return null when there is no rule anywhere */
    static SchemaRules compile(JsonNode schema, boolean root) {
        Map<String, SchemaRules> properties = new LinkedHashMap<>();
        schema.path("properties").properties().forEach(p -> {
            SchemaRules below = compile(p.getValue(), false);
            if (below != null) {
                properties.put(p.getKey(), below);
            }
        });
        SchemaRules items = schema.path("items").isObject() ? compile(schema.get("items"), false) : null;
        SchemaRules values = schema.path("additionalProperties").isObject() ? compile(schema.get("additionalProperties"), false) : null;
        List<Rule> rules = schema.path("x-kubernetes-validations").isEmpty() ? List.of() : rules(schema, root);
        return rules.isEmpty() && properties.isEmpty() && items == null && values == null ? null
                : new SchemaRules(schema, root, rules, properties, items, values);
    }

    /** The rules of this schema alone. */
    static List<Rule> rules(JsonNode schema, boolean root) {
        CelTypes types = new CelTypes();
        CelType self = types.of(schema, root);
        List<Rule> rules = new ArrayList<>();
        CelEnvironment plain = null;
        CelEnvironment optional = null;
        for (JsonNode source : schema.path("x-kubernetes-validations")) {
            if (self == null) {
                rules.add(new Rule(source, null, null, "failed to convert to declType for CEL validation rules", ""));
                continue;
            }
            boolean optionalOld = source.path("optionalOldSelf").asBoolean();
            if (optionalOld && optional == null) {
                optional = CelEnvironment.of(Map.of("self", self, "oldSelf", OptionalType.create(self)), types);
            } else if (!optionalOld && plain == null) {
                plain = CelEnvironment.of(Map.of("self", self, "oldSelf", self), types);
            }
            rules.add(rule(source, optionalOld ? optional : plain));
        }
        return rules;
    }

    private static Rule rule(JsonNode source, CelEnvironment environment) {
        CelProgram program;
        try {
            program = environment.compile(Json.text(source, "rule"), Set.of(SimpleType.BOOL));
        } catch (CelException e) {
            return new Rule(source, null, null, e.getMessage().startsWith("must evaluate") ? "cel expression " + e.getMessage() : e.getMessage(), "");
        }
        String message = Json.text(source, "messageExpression");
        try {
            return new Rule(source, program, message.isEmpty() ? null : environment.compile(message, Set.of(SimpleType.STRING)), "", "");
        } catch (CelException e) {
            return new Rule(source, program, null, "", "messageExpression " + e.getMessage());
        }
    }
}
