package io.skerry.machinery.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The schemas of a document: those that were asked for, and all that they refer to. Extensions ({@code x-kubernetes-*}) are those that
 * clients read: kinds, list types and merge keys.
 */
final class Definitions {

    static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    static final String PATCH = META + "Patch";
    private static final String QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";
    private static final String INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
    private static final String TIME = META + "Time";
    /** Words of version 3 that version 2 does not have; a CRD's schema may use them. */
    private static final List<String> ONLY_V3 = List.of("oneOf", "anyOf", "allOf", "not", "nullable", "x-kubernetes-validations");

    private final Flavour flavour;
    private final SortedMap<String, ObjectNode> written = new TreeMap<>();
    private final Deque<Schema> waiting = new ArrayDeque<>();

    Definitions(Flavour flavour) {
        this.flavour = flavour;
    }

    /** All schemas asked for so far, by name. */
    SortedMap<String, ObjectNode> all() {
        for (Schema next = waiting.poll(); next != null; next = waiting.poll()) {
            ObjectNode definition = written.get(next.name());
            definition.setAll(object(next));
        }
        return written;
    }

    /** Definition of a type's objects; a custom resource's is named after its group turned round. */
    ObjectNode referenceTo(ResourceType type) {
        String name = name(type);
        if (type.schema().name().isEmpty()) {
            if (!written.containsKey(name)) {
                written.put(name, custom(type));
            }
        } else {
            use(type.schema());
        }
        addKind(name, type.group(), type.version(), type.kind());
        return flavour.reference(name);
    }

    /** Definition of a built-in kind, which may be one that is only sent to a subresource, such as Scale and Eviction. */
    ObjectNode referenceToKind(String group, String version, String kind) {
        ResourceType type = TypeTable.builtin().kind(group, version, kind).orElse(null);
        if (type != null) {
            return referenceTo(type);
        }
        String name = "io.k8s.api." + group.split("\\.")[0] + "." + version + "." + kind;
        ObjectNode reference = referenceTo(name);
        addKind(name, group, version, kind);
        return reference;
    }

    /** Definition of a list of a type's objects. */
    ObjectNode referenceToList(ResourceType type) {
        String name = name(type) + "List";
        if (!written.containsKey(name)) {
            ObjectNode list = Json.object().put("description", type.listKind() + " is a list of " + type.kind() + " objects.").put("type", "object");
            written.put(name, list);
            list.putArray("required").add("items");
            ObjectNode properties = list.putObject("properties");
            Schema some = TypeTable.builtin().schema(META + "APIGroup").orElseThrow();
            properties.set("apiVersion", site(some.field("apiVersion")));
            ObjectNode items = properties.putObject("items").put("description", "List of " + type.plural() + ".").put("type", "array");
            items.set("items", referenceTo(type));
            properties.set("kind", site(some.field("kind")));
            use(TypeTable.builtin().schema(META + "ListMeta").orElseThrow());
            properties.set("metadata", flavour.describedReference(META + "ListMeta", "Standard list metadata."));
            addKind(name, type.group(), type.version(), type.listKind());
        }
        return flavour.reference(name);
    }

    /** A definition by its name; the built-in table must have it. */
    ObjectNode referenceTo(String definition) {
        if (definition.equals(PATCH)) {
            written.computeIfAbsent(PATCH, n -> Json.object()
                    .put("description", "Patch is the body of a patch request: a JSON patch, a merge patch, a strategic merge patch or an applied configuration.")
                    .put("type", "object"));
        } else {
            use(TypeTable.builtin().schema(definition).orElseThrow(() -> new IllegalArgumentException("no definition " + definition)));
        }
        return flavour.reference(definition);
    }

    static String name(ResourceType type) {
        if (!type.schema().name().isEmpty()) {
            return type.schema().name();
        }
        List<String> parts = new ArrayList<>(List.of(type.group().split("\\.")));
        Collections.reverse(parts);
        return String.join(".", parts) + "." + type.version() + "." + type.kind();
    }

    private void use(Schema named) {
        if (!written.containsKey(named.name())) {
            written.put(named.name(), Json.object());
            waiting.add(definition(named));
        }
    }

    /** The type without what is said where it is used. */
    private static Schema definition(Schema named) {
        return TypeTable.builtin().schema(named.name()).orElse(named);
    }

    private void addKind(String definition, String group, String version, String kind) {
        ObjectNode node = written.get(definition);
        ArrayNode list = node.withArrayProperty("x-kubernetes-group-version-kind");
        ObjectNode entry = Json.object().put("group", group).put("kind", kind).put("version", version);
        for (JsonNode known : list) {
            if (known.equals(entry)) {
                return;
            }
        }
        list.add(entry);
    }

    /** Body of a named definition. */
    private ObjectNode object(Schema schema) {
        ObjectNode out = Json.object();
        if (!schema.description().isEmpty()) {
            out.put("description", schema.description());
        }
        out.put("type", "object");
        if (!schema.required().isEmpty()) {
            ArrayNode required = out.putArray("required");
            schema.required().forEach(required::add);
        }
        if (!schema.fields().isEmpty()) {
            ObjectNode properties = out.putObject("properties");
            schema.fields().forEach((name, field) -> properties.set(name, site(field)));
        }
        if (schema.atomic()) {
            out.put("x-kubernetes-map-type", "atomic");
        }
        return out;
    }

    /** A field: its type or a reference to it, and what is said at this place. */
    private ObjectNode site(Schema s) {
        return site(s, !s.name().isEmpty() && s.description().equals(definition(s).description()) ? "" : s.description());
    }

    private ObjectNode site(Schema s, String description) {
        ObjectNode out;
        String special = switch (s.type()) {
            case QUANTITY -> QUANTITY;
            case INT_OR_STRING -> INT_OR_STRING;
            case STRING -> s.format().equals("date-time") ? TIME : "";
            default -> "";
        };
        if (!special.isEmpty()) {
            written.computeIfAbsent(special, this::scalar);
            out = said(special, description);
        } else if (!s.name().isEmpty()) {
            use(s);
            out = said(s.name(), description);
        } else {
            out = Json.object();
            if (!description.isEmpty()) {
                out.put("description", description);
            }
            plain(s, out);
        }
        if (s.defaultValue() != null) {
            out.set("default", s.defaultValue());
        }
        extensions(s, out);
        return out;
    }

    private ObjectNode said(String definition, String description) {
        return description.isEmpty() ? flavour.reference(definition) : flavour.describedReference(definition, description);
    }

    private void plain(Schema s, ObjectNode out) {
        switch (s.type()) {
            case OBJECT -> out.put("type", "object");
            case MAP -> {
                out.put("type", "object");
                out.set("additionalProperties", site(s.values(), ""));
            }
            case ARRAY -> {
                out.put("type", "array");
                out.set("items", site(s.items(), ""));
            }
            case STRING -> out.put("type", "string");
            case INTEGER -> out.put("type", "integer");
            case NUMBER -> out.put("type", "number");
            case BOOLEAN -> out.put("type", "boolean");
            default -> { }
        }
        if (!s.format().isEmpty()) {
            out.put("format", s.format());
        }
        if (!s.enumValues().isEmpty()) {
            ArrayNode values = out.putArray("enum");
            s.enumValues().forEach(values::add);
        }
    }

    private static void extensions(Schema s, ObjectNode out) {
        if (s.type() == Schema.Type.ARRAY) {
            out.put("x-kubernetes-list-type", s.listType().name().toLowerCase(Locale.ROOT));
            if (!s.listMapKeys().isEmpty()) {
                ArrayNode keys = out.putArray("x-kubernetes-list-map-keys");
                s.listMapKeys().forEach(keys::add);
            }
        } else if (s.atomic() && s.name().isEmpty()) {
            out.put("x-kubernetes-map-type", "atomic");
        }
        if (!s.patchMergeKey().isEmpty()) {
            out.put("x-kubernetes-patch-merge-key", s.patchMergeKey());
        }
        if (s.patchMerge() || s.patchReplaceKeys()) {
            out.put("x-kubernetes-patch-strategy", s.patchMerge() && s.patchReplaceKeys() ? "merge,retainKeys" : s.patchMerge() ? "merge" : "retainKeys");
        }
    }

    private ObjectNode scalar(String name) {
        ObjectNode out = Json.object();
        switch (name) {
            case QUANTITY -> {
                out.put("description", "Quantity is a fixed-point number such as 100m, 1.5, 128Mi or 2G.");
                either(out, "string", "number");
            }
            case INT_OR_STRING -> {
                out.put("description", "IntOrString is a whole number or a string.").put("format", "int-or-string");
                either(out, "integer", "string");
            }
            default -> out.put("description", "Time is a point in time as RFC 3339 writes it.").put("type", "string").put("format", "date-time");
        }
        return out;
    }

    private void either(ObjectNode out, String one, String other) {
        if (flavour == Flavour.V2) {
            out.put("type", "string");
        } else {
            ArrayNode types = out.putArray("oneOf");
            types.addObject().put("type", one);
            types.addObject().put("type", other);
        }
    }

    /** A CRD's own schema with the fields that every object has. */
    private ObjectNode custom(ResourceType type) {
        JsonNode rules = type.schema().rules();
        ObjectNode out = rules.isObject() ? rules.deepCopy() : Json.object();
        if (flavour == Flavour.V2) {
            dropV3(out);
        }
        out.put("type", "object");
        ObjectNode properties = out.withObjectProperty("properties");
        Schema some = TypeTable.builtin().schema(META + "APIGroup").orElseThrow();
        properties.set("apiVersion", site(some.field("apiVersion")));
        properties.set("kind", site(some.field("kind")));
        use(TypeTable.builtin().schema(META + "ObjectMeta").orElseThrow());
        properties.set("metadata", flavour.describedReference(META + "ObjectMeta", "Standard object's metadata."));
        return out;
    }

    private static void dropV3(JsonNode node) {
        if (node instanceof ObjectNode object) {
            if (object.path("x-kubernetes-int-or-string").asBoolean()) {
                object.put("type", "string").put("format", "int-or-string");
            }
            object.remove(ONLY_V3);
            // names of properties are no words of the schema: a field may be called "not"
            object.properties().forEach(e -> {
                if (e.getKey().equals("properties")) {
                    e.getValue().forEach(Definitions::dropV3);
                } else if (e.getKey().equals("items") || e.getKey().equals("additionalProperties")) {
                    dropV3(e.getValue());
                }
            });
        }
    }
}
