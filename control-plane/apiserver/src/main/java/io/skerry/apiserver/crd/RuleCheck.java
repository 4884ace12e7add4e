package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.cel.SchemaSize;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the {@code x-kubernetes-validations} of a definition that is to be stored: they compile, and name what they may. */
final class RuleCheck {
    private static final Set<String> REASONS = Set.of("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired");
    private static final Pattern PATH_PART = Pattern.compile("\\.([^.\\[\\]]+)|\\['((?:[^'\\\\]|\\\\.)*)'\\]");

    private final List<FieldError> errors;
    private final RuleCosts costs = new RuleCosts();

    private RuleCheck(List<FieldError> errors) {
        this.errors = errors;
    }

    static void check(JsonNode schema, String path, List<FieldError> errors) {
        RuleCheck check = new RuleCheck(errors);
        check.walk(schema, path, true, null, 1);
        check.costs.total(path, errors);
    }

    /**
     * @param uncorrelated the nearest schema around whose parts cannot be told apart between an old and a new object, or null
     * @param cardinality  how often values of this schema can be in an object, or {@link SchemaSize#UNBOUNDED}
     */
    private void walk(JsonNode schema, String path, boolean root, String uncorrelated, long cardinality) {
        if (!schema.path("x-kubernetes-validations").isEmpty()) {
            rules(schema, path, root, uncorrelated, cardinality);
        }
        long below = SchemaSize.cardinalityBelow(schema, cardinality);
        schema.path("properties").properties().forEach(p -> walk(p.getValue(), path + ".properties[" + p.getKey() + "]", false, uncorrelated, below));
        if (schema.path("additionalProperties").isObject()) {
            walk(schema.get("additionalProperties"), path + ".additionalProperties", false, uncorrelated, below);
        }
        if (schema.path("items").isObject()) {
            String within = uncorrelated != null || Json.text(schema, "x-kubernetes-list-type").equals("map") ? uncorrelated : path;
            walk(schema.get("items"), path + ".items", false, within, below);
        }
    }

    private void rules(JsonNode schema, String path, boolean root, String uncorrelated, long cardinality) {
        int before = errors.size();
        JsonNode sources = schema.get("x-kubernetes-validations");
        for (int i = 0; i < sources.size(); i++) {
            form(sources.get(i), schema, path + ".x-kubernetes-validations[" + i + "]");
        }
        if (errors.size() > before) {
            return;
        }
        List<SchemaRules.Rule> compiled = SchemaRules.rules(schema, root);
        for (int i = 0; i < compiled.size(); i++) {
            SchemaRules.Rule rule = compiled.get(i);
            String at = path + ".x-kubernetes-validations[" + i + "]";
            if (rule.program() != null) {
                costs.add("rule", at + ".rule", rule.program().maxCost(schema, root, cardinality), errors);
            }
            if (rule.message() != null) {
                costs.add("messageExpression", at + ".messageExpression", rule.message().maxCost(schema, root, 1), errors);
            }
            if (rule.program() == null) {
                errors.add(new FieldError(FieldError.Type.INVALID, at + ".rule", shown(rule.source()), rule.problem()));
            } else if (!rule.messageProblem().isEmpty()) {
                errors.add(new FieldError(FieldError.Type.INVALID, at + ".messageExpression", shown(rule.source()), rule.messageProblem()));
            }
            if (rule.usesOldSelf() && uncorrelated != null) {
                errors.add(new FieldError(FieldError.Type.INVALID, at + ".rule", Json.string(rule.source().path("rule")),
                        "oldSelf cannot be used on the uncorrelatable portion of the schema within " + uncorrelated));
            } else if (!rule.usesOldSelf() && rule.program() != null && rule.source().hasNonNull("optionalOldSelf")) {
                errors.add(new FieldError(FieldError.Type.INVALID, at + ".optionalOldSelf", rule.source().get("optionalOldSelf").asText(),
                        "may not be set if oldSelf is not used in rule"));
            }
        }
    }

    private void form(JsonNode rule, JsonNode schema, String path) {
        String text = Json.text(rule, "rule");
        String message = Json.text(rule, "message");
        if (text.isBlank()) {
            add(FieldError.Type.REQUIRED, path + ".rule", null, "rule is not specified");
        } else if (!message.isEmpty() && message.isBlank()) {
            add(FieldError.Type.INVALID, path + ".message", message, "message must be non-empty if specified");
        } else if (breaks(message.strip())) {
            add(FieldError.Type.INVALID, path + ".message", message, "message must not contain line breaks");
        } else if (breaks(text.strip()) && message.isBlank()) {
            add(FieldError.Type.REQUIRED, path + ".message", null, "message must be specified if rule contains line breaks");
        }
        String expression = Json.text(rule, "messageExpression");
        if (!expression.isEmpty() && expression.isBlank()) {
            add(FieldError.Type.REQUIRED, path + ".messageExpression", null, "messageExpression must be non-empty if specified");
        }
        String reason = Json.text(rule, "reason");
        if (!reason.isEmpty() && !REASONS.contains(reason)) {
            add(FieldError.Type.NOT_SUPPORTED, path + ".reason", reason,
                    "supported values: " + String.join(", ", REASONS.stream().sorted().map(r -> "\"" + r + "\"").toList()));
        }
        String fieldPath = Json.text(rule, "fieldPath");
        if (!fieldPath.isEmpty() && fieldPath.isBlank()) {
            add(FieldError.Type.INVALID, path + ".fieldPath", fieldPath, "fieldPath must be non-empty if specified");
        } else if (!fieldPath.isEmpty() && !leadsToAField(schema, fieldPath)) {
            add(FieldError.Type.INVALID, path + ".fieldPath", fieldPath, "fieldPath must be a valid path");
        }
    }

    private static boolean breaks(String text) {
        return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
    }

    private static boolean leadsToAField(JsonNode schema, String path) {
        Matcher part = PATH_PART.matcher(path);
        int end = 0;
        JsonNode at = schema;
        while (part.find() && part.start() == end) {
            String name = part.group(1) != null ? part.group(1) : part.group(2);
            at = at.path("properties").isObject() ? at.path("properties").path(name) : at.path("additionalProperties");
            if (!at.isObject()) {
                return false;
            }
            end = part.end();
        }
        return end == path.length();
    }

    private void add(FieldError.Type type, String path, String bad, String detail) {
        errors.add(new FieldError(type, path, bad == null ? null : Json.string(TextNode.valueOf(bad)), detail));
    }

    /** A rule as Go prints the struct. */
    private static String shown(JsonNode rule) {
        List<String> fields = new ArrayList<>();
        for (String[] field : new String[][] {{"Rule", "rule"}, {"Message", "message"}, {"MessageExpression", "messageExpression"}}) {
            fields.add(field[0] + ":" + Json.string(TextNode.valueOf(Json.text(rule, field[1]))));
        }
        return "apiextensions.ValidationRule{" + String.join(", ", fields) + ", Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"
                + Json.string(TextNode.valueOf(Json.text(rule, "fieldPath"))) + ", OptionalOldSelf:(*bool)(nil)}";
    }
}
