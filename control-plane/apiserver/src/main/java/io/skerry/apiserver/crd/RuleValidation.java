package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.cel.CelBudget;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.cel.CelValues;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Evaluates a custom resource's CEL rules in apiextensions' words. Rules that name oldSelf need a value to compare with; rules that do not
 * are not held against what an update leaves as it was (KEP-4008).
 */
final class RuleValidation {
    private static final int MAX_MESSAGE = 5 * 1024;

    private final List<FieldError> errors = new ArrayList<>();
    private final CelBudget budget = new CelBudget(CelBudget.PER_REQUEST);
    private boolean ended;

    private RuleValidation() {
    }

    static List<FieldError> validate(SchemaRules rules, ObjectNode object, ObjectNode oldOrNull) {
        RuleValidation validation = new RuleValidation();
        validation.value(rules, object, oldOrNull, false, "");
        return validation.errors;
    }

    /** @param unchanged whether a value around this one is as it was */
    private void value(SchemaRules rules, JsonNode value, JsonNode old, boolean unchanged, String path) {
        if (ended || value == null || value.isNull()) {
            return;
        }
        JsonNode before = old == null || old.isNull() ? null : old;
        boolean same = unchanged || before != null && before.equals(value);
        if (!rules.rules().isEmpty()) {
            evaluate(rules, value, before, same, path);
        }
        if (value.isArray() && rules.items() != null) {
            for (int i = 0; i < value.size(); i++) {
                value(rules.items(), value.get(i), ListCorrelation.find(rules.schema(), before, value.get(i)), same, path + "[" + i + "]");
            }
        } else if (value.isObject()) {
            for (Map.Entry<String, JsonNode> field : value.properties()) {
                SchemaRules below = rules.properties().get(field.getKey());
                JsonNode oldField = before == null ? null : before.get(field.getKey());
                if (below != null) {
                    value(below, field.getValue(), oldField, same, path.isEmpty() ? field.getKey() : path + "." + field.getKey());
                } else if (rules.values() != null && !rules.schema().path("properties").has(field.getKey())) {
                    value(rules.values(), field.getValue(), oldField, same, path + "[" + field.getKey() + "]");
                }
            }
        }
    }

    private void evaluate(SchemaRules rules, JsonNode value, JsonNode old, boolean unchanged, String path) {
        Object self = null;
        for (SchemaRules.Rule rule : rules.rules()) {
            String type = rules.root() ? "object" : rules.schema().path("type").asText("");
            if (ended) {
                return;
            }
            if (rule.program() == null) {
                add(FieldError.Type.INVALID, path, type, "rule compile error: " + rule.problem());
                continue;
            }
            if (rule.usesOldSelf() && old == null && !rule.optionalOldSelf()) {
                continue;
            }
            if (unchanged && !rule.usesOldSelf()) {
                // would at most warn
                continue;
            }
            if (budget.remaining() <= 0) {
                exhausted(path, type);
                return;
            }
            self = self == null ? CelValues.of(value, rules.schema(), rules.root()) : self;
            Map<String, Object> variables = new HashMap<>();
            variables.put("self", self);
            if (rule.optionalOldSelf()) {
                variables.put("oldSelf", old == null ? Optional.empty() : Optional.of(CelValues.of(old, rules.schema(), rules.root())));
            } else if (old != null && rule.usesOldSelf()) {
                variables.put("oldSelf", CelValues.of(old, rules.schema(), rules.root()));
            }
            one(rule, variables, type, path);
        }
    }

    private void one(SchemaRules.Rule rule, Map<String, Object> variables, String type, String path) {
        String shown = Json.text(rule.source(), "rule").strip();
        try {
            if (Boolean.TRUE.equals(rule.program().evaluate(variables, budget))) {
                return;
            }
        } catch (CelException e) {
            if (e.isOverBudget() && budget.remaining() > 0) {
                add(FieldError.Type.INVALID, path, type, "'" + e.getMessage() + "': no further validation rules will be run due to call cost exceeds limit for rule: " + shown);
                ended = true;
            } else if (e.isOverBudget()) {
                exhausted(path, type);
            } else {
                add(FieldError.Type.INVALID, path, type, e.getMessage() + " evaluating rule: " + shown);
            }
            return;
        }
        String at = path + fieldPath(rule, path);
        String detail = message(rule, variables, shown);
        switch (Json.text(rule.source(), "reason")) {
            case "FieldValueForbidden" -> add(FieldError.Type.FORBIDDEN, at, null, detail);
            case "FieldValueRequired" -> add(FieldError.Type.REQUIRED, at, null, detail);
            case "FieldValueDuplicate" -> add(FieldError.Type.DUPLICATE, at, type, "");
            default -> add(FieldError.Type.INVALID, at, type, detail);
        }
    }

    /** The rule's own path under the value, as .a.b or ['a b'], in the form of error paths. */
    private static String fieldPath(SchemaRules.Rule rule, String path) {
        String relative = Json.text(rule.source(), "fieldPath").strip().replaceAll("\\['((?:[^'\\\\]|\\\\.)*)'\\]", "[$1]");
        return path.isEmpty() && relative.startsWith(".") ? relative.substring(1) : relative;
    }

    private String message(SchemaRules.Rule rule, Map<String, Object> variables, String shown) {
        String fixed = Json.text(rule.source(), "message").strip();
        String fallback = fixed.isEmpty() ? "failed rule: " + shown : fixed;
        CelProgram expression = rule.message();
        if (expression == null) {
            return fallback;
        }
        try {
            String made = expression.evaluate(variables, budget) instanceof String text ? text.strip() : "";
            return made.isEmpty() || made.length() > MAX_MESSAGE || made.indexOf('\n') >= 0 ? fallback : made;
        } catch (CelException e) {
            return fallback;
        }
    }

    private void exhausted(String path, String type) {
        add(FieldError.Type.INVALID, path, type, "validation failed due to running out of cost budget, no further validation rules will be run");
        ended = true;
    }

    /** Values are told by their type only, as upstream does: they may be large. */
    private void add(FieldError.Type kind, String path, String type, String detail) {
        errors.add(new FieldError(kind, path.isEmpty() ? "<nil>" : path, type == null ? null : "\"" + type + "\"", detail));
    }
}
