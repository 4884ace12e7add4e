package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Fields of some kinds of objects: Kustomize's field specification.
 *
 * @param path  fields separated by '/' ("\/" is a slash in a name); lists are gone through without being named, a name ending in
 *              "[]" says that it is a list and is never made
 * @param create whether missing fields are made
 */
record FieldSpec(String group, String version, String kind, String path, boolean create) {

    static FieldSpec of(String kind, String path) {
        return new FieldSpec("", "", kind, path, false);
    }

    static FieldSpec of(String group, String kind, String path, boolean create) {
        return new FieldSpec(group, "", kind, path, create);
    }

    boolean applies(ResourceId id) {
        return id.selectedBy(group, version, kind);
    }

    /**
     * Replaces each value at the path by what {@code change} makes of it.
     *
     * @param missing makes the value that {@code change} is given where there is none and fields are to be made; null: none is made
     * @throws KustomizeException with the field's place when the object does not fit the path, or {@code change} refuses its value
     */
    void visit(Resource resource, Supplier<JsonNode> missing, UnaryOperator<JsonNode> change) {
        if (!applies(resource.id())) return;
        List<String> parts = split();
        try {
            walk(resource.object(), parts, 0, missing, change);
        } catch (IllegalArgumentException e) {
            StringBuilder pointer = new StringBuilder();
            for (String part : parts) pointer.append('/').append((part.endsWith("[]") ? part.substring(0, part.length() - 2) : part).replace("~", "~0").replace("/", "~1"));
            throw resource.problem(pointer.toString(), e.getMessage());
        }
    }

    private JsonNode walk(JsonNode node, List<String> parts, int at, Supplier<JsonNode> missing, UnaryOperator<JsonNode> change) {
        if (at == parts.size()) return change.apply(node);
        switch (node) {
            case ArrayNode items -> {
                for (int i = 0; i < items.size(); i++) items.set(i, walk(items.get(i), parts, at, missing, change));
            }
            case ObjectNode fields -> {
                String name = parts.get(at);
                boolean list = name.endsWith("[]");
                if (list) name = name.substring(0, name.length() - 2);
                JsonNode child = fields.get(name);
                if (child == null || child.isNull()) {
                    if (!create || list || missing == null) return node;
                    child = at == parts.size() - 1 ? missing.get() : Json.object();
                }
                fields.set(name, walk(child, parts, at + 1, missing, change));
            }
            default -> {
                if (!node.isNull()) throw new IllegalArgumentException("the field " + path + " leads through a value that is neither an object nor a list");
            }
        }
        return node;
    }

    private List<String> split() {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\' && i + 1 < path.length() && path.charAt(i + 1) == '/') {
                part.append('/');
                i++;
            } else if (c == '/') {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}
