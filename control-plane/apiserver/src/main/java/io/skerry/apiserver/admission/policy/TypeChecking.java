package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelTypes;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * Holds a policy's expressions against the types it names (k8s.io/apiserver/pkg/admission/plugin/policy/validating, typechecking.go): what
 * would fail when it is evaluated is told in {@code status.typeChecking}. Rules with wildcards are not checked, nor types that are not served.
 */
final class TypeChecking {
    private static final int MAX_TYPES = 10;
    private static final Comparator<ServedType> BY_KIND = Comparator.comparing(ServedType::group).thenComparing(t -> t.type().version()).thenComparing(ServedType::kind);

    private TypeChecking() {
    }

    /** What status.typeChecking says; {} when nothing is wrong. */
    static ObjectNode check(JsonNode spec, ServedTypes types) {
        ObjectNode told = Json.object();
        List<ServedType> wanted = wanted(spec, types);
        if (wanted.isEmpty()) {
            return told;
        }
        List<CelEnvironment> environments = wanted.stream().map(type -> environment(spec, type, types)).toList();
        ArrayNode warnings = Json.array();
        for (int i = 0; i < spec.path("validations").size(); i++) {
            for (String field : List.of("expression", "messageExpression")) {
                String expression = Json.text(spec.path("validations").get(i), field);
                String warning = expression.isEmpty() ? "" : warning(expression, wanted, environments);
                if (!warning.isEmpty()) {
                    warnings.addObject().put("fieldRef", "spec.validations[" + i + "]." + field).put("warning", warning);
                }
            }
        }
        if (!warnings.isEmpty()) {
            told.set("expressionWarnings", warnings);
        }
        return told;
    }

    private static String warning(String expression, List<ServedType> wanted, List<CelEnvironment> environments) {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            try {
                environments.get(i).compile(expression, Policy.ANY);
            } catch (CelException e) {
                ServedType type = wanted.get(i);
                problems.add(type.group() + "/" + type.type().version() + ", Kind=" + type.kind() + ": " + e.getMessage().replaceFirst("^compilation failed: ", "") + "\n");
            }
        }
        return String.join("\n", problems);
    }

    /** The types that the rules name, at most ten, sorted. */
    private static List<ServedType> wanted(JsonNode spec, ServedTypes types) {
        TreeSet<ServedType> wanted = new TreeSet<>(BY_KIND);
        for (JsonNode rule : spec.path("matchConstraints").path("resourceRules")) {
            for (JsonNode group : rule.path("apiGroups")) {
                for (JsonNode version : rule.path("apiVersions")) {
                    for (JsonNode resource : rule.path("resources")) {
                        ServedType type = types.find(group.asText(), version.asText(), resource.asText());
                        if (type != null && wanted.size() < MAX_TYPES) {
                            wanted.add(type);
                        }
                    }
                }
            }
        }
        return List.copyOf(wanted);
    }

    private static CelEnvironment environment(JsonNode spec, ServedType type, ServedTypes all) {
        CelTypes types = new CelTypes();
        CelType params = null;
        if (spec.path("paramKind").isObject()) {
            String apiVersion = Json.text(spec, "paramKind", "apiVersion");
            String kind = Json.text(spec, "paramKind", "kind");
            params = all.all().stream().filter(t -> t.kind().equals(kind) && t.type().apiVersion().equals(apiVersion)).findFirst()
                    .map(t -> of(types, t)).orElse(SimpleType.DYN);
        }
        CelEnvironment environment = Expressions.environment(types, of(types, type), params, true);
        for (JsonNode variable : spec.path("variables")) {
            // one that fails is told where it is used, if at all
            CelType result = Policy.Compiled.of(environment, Json.text(variable, "expression"), Policy.ANY).type();
            environment = environment.with(Variables.PREFIX + Json.text(variable, "name"), result);
        }
        return environment;
    }

    private static CelType of(CelTypes types, ServedType type) {
        return Objects.requireNonNullElse(types.of(type.type().schema(), type.type().apiVersion() + "." + type.kind()), SimpleType.DYN);
    }
}
