package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Conditions;
import io.skerry.apiserver.registry.NamesInUse;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which of the names that a CustomResourceDefinition asks for it is given: those that no other type of its group has. What it was given it keeps, and it is
 * established once it has them all (apiextensions-apiserver, pkg/controller/status/naming_controller.go).
 */
final class DefinitionNames {
    private static final List<String> OF_RESOURCES = List.of("plural", "singular", "shortNames");
    private static final List<String> OF_KINDS = List.of("kind", "listKind");

    private final ServedTypes types;

    DefinitionNames(ServedTypes types) {
        this.types = types;
    }

    void accept(ObjectNode definition) {
        NamesInUse others = types.namesInUse(Json.text(definition, "spec", "group"), Json.text(definition, "metadata", "name"));
        JsonNode asked = Json.at(definition, "spec", "names");
        ObjectNode accepted = Json.ensureObject(definition, "status", "acceptedNames");
        String conflict = "";
        String message = "";
        for (List<String> fields : List.of(OF_RESOURCES, OF_KINDS)) {
            Set<String> used = fields == OF_KINDS ? others.kinds() : others.resources();
            for (String field : fields) {
                List<String> own = strings(accepted.path(field));
                List<String> taken = strings(asked.path(field)).stream().filter(name -> used.contains(name) && !own.contains(name)).toList();
                if (taken.isEmpty()) {
                    copy(field, asked, accepted);
                } else {
                    conflict = field.substring(0, 1).toUpperCase(Locale.ROOT) + field.substring(1) + "Conflict";
                    message = told(taken);
                }
            }
        }
        copy("categories", asked, accepted);
        if (conflict.isEmpty()) {
            Conditions.set(definition, "NamesAccepted", true, "NoConflicts", "no conflicts found");
            Conditions.set(definition, "Established", true, "InitialNamesAccepted", "the initial names have been accepted");
            return;
        }
        for (String required : List.of("plural", "kind")) {
            accepted.put(required, Json.text(accepted, required));
        }
        Conditions.set(definition, "NamesAccepted", false, conflict, message);
        if (!Conditions.isTrue(definition, "Established")) {
            Conditions.set(definition, "Established", false, "NotAccepted", "not all names are accepted");
        }
    }

    private static List<String> strings(JsonNode names) {
        return names.isArray() ? names.valueStream().map(JsonNode::asText).toList() : names.isTextual() ? List.of(names.asText()) : List.of();
    }

    private static void copy(String field, JsonNode from, ObjectNode into) {
        if (from.hasNonNull(field)) {
            into.set(field, from.get(field).deepCopy());
        } else {
            into.remove(field);
        }
    }

    private static String told(List<String> taken) {
        String list = String.join(", ", taken.stream().map(name -> "\"" + name + "\" is already in use").toList());
        return taken.size() == 1 ? list : "[" + list + "]";
    }
}
