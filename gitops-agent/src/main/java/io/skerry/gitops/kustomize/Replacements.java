package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Copies a field of one object into fields of others: {@code replacements}. */
final class Replacements {

    private final KustomizationFile kustomization;
    private final ResourceMap resources;

    Replacements(KustomizationFile kustomization, ResourceMap resources) {
        this.kustomization = kustomization;
        this.resources = resources;
    }

    void apply() {
        JsonNode entries = kustomization.list("replacements");
        for (int i = 0; i < entries.size(); i++) {
            JsonNode entry = entries.get(i);
            kustomization.at("/replacements/" + i, () -> {
                String path = Json.text(entry, "path");
                if (path.isEmpty()) {
                    replace(entry);
                    return;
                }
                for (Yaml.Document document : kustomization.documents(path)) {
                    if (document.root().isArray()) document.root().forEach(this::replace);
                    else replace(document.root());
                }
            });
        }
    }

    private void replace(JsonNode replacement) {
        JsonNode source = replacement.path("source");
        JsonNode targets = replacement.path("targets");
        boolean literal = replacement.hasNonNull("sourceValue");
        if (literal == source.isObject() || targets.isEmpty()) throw new IllegalArgumentException("a replacement has a source (or a sourceValue) and at least one target");
        JsonNode value = literal ? TextNode.valueOf(Json.text(replacement, "sourceValue")) : value(source);
        for (JsonNode target : targets) {
            if (!target.path("select").isObject()) throw new IllegalArgumentException("a replacement's target needs select");
            List<Resource> selected = new ArrayList<>(selected(target.path("select")));
            for (JsonNode reject : target.path("reject")) selected.removeAll(selected(reject));
            for (Resource resource : selected) copy(value, resource, target);
        }
    }

    private JsonNode value(JsonNode source) {
        List<Resource> matches = resources.all().stream().filter(resource -> resource.allIds().stream().anyMatch(id -> exactly(source, id))).toList();
        if (matches.size() != 1) {
            throw new IllegalArgumentException("the replacement's source " + source + " selects " + (matches.isEmpty() ? "nothing" : "several objects"));
        }
        String path = Json.text(source, "fieldPath");
        JsonNode found = matches.getFirst().object();
        for (String part : split(path.isEmpty() ? "metadata.name" : path)) found = child(found, part);
        if (found.isMissingNode() || found.isNull()) {
            throw new IllegalArgumentException("the replacement's source " + matches.getFirst().id() + " has no field " + path);
        }
        String delimiter = Json.text(source, "options", "delimiter");
        if (delimiter.isEmpty()) return found.deepCopy();
        String[] parts = found.asText().split(Pattern.quote(delimiter), -1);
        int index = source.path("options").path("index").asInt();
        if (index < 0 || index >= parts.length) throw new IllegalArgumentException("the replacement's source \"" + found.asText() + "\" has no part " + index);
        return TextNode.valueOf(parts[index]);
    }

    private static boolean exactly(JsonNode selector, ResourceId id) {
        String name = Json.text(selector, "name");
        String namespace = Json.text(selector, "namespace");
        return id.selectedBy(Json.text(selector, "group"), Json.text(selector, "version"), Json.text(selector, "kind"))
                && (name.isEmpty() || name.equals(id.name())) && (namespace.isEmpty() || namespace.equals(id.effectiveNamespace()));
    }

    /** By any id the object has or had, and by labels and annotations. */
    private List<Resource> selected(JsonNode selector) {
        ObjectNode byLabels = Json.object();
        for (String field : List.of("labelSelector", "annotationSelector")) {
            if (selector.has(field)) byLabels.set(field, selector.get(field));
        }
        return resources.select(byLabels).stream().filter(resource -> resource.allIds().stream().anyMatch(id -> exactly(selector, id))).toList();
    }

    private void copy(JsonNode value, Resource resource, JsonNode target) {
        JsonNode paths = target.path("fieldPaths").isEmpty() ? Json.array().add("metadata.name") : target.path("fieldPaths");
        JsonNode options = target.path("options");
        for (JsonNode path : paths) {
            int[] count = {0};
            write(resource.object(), split(path.asText()), 0, options.path("create").asBoolean(), old -> {
                count[0]++;
                return replaced(old, value, options);
            });
            if (count[0] == 0) throw new IllegalArgumentException("the replacement's target " + resource.id() + " has no field " + path.asText());
        }
        resource.check();
    }

    /** Text replaces any scalar, whose type is kept if the text still reads as it. */
    private static JsonNode replaced(JsonNode old, JsonNode value, JsonNode options) {
        String delimiter = Json.text(options, "delimiter");
        if (!delimiter.isEmpty()) {
            List<String> parts = new ArrayList<>(Arrays.asList(old.asText().split(Pattern.quote(delimiter), -1)));
            int index = options.path("index").asInt();
            if (index < 0) parts.addFirst(value.asText());
            else if (index >= parts.size()) parts.add(value.asText());
            else parts.set(index, value.asText());
            return TextNode.valueOf(String.join(delimiter, parts));
        }
        if (old.isValueNode() && value.isValueNode()) {
            if (old.isTextual()) return TextNode.valueOf(value.asText());
            if (old.isNumber() || old.isBoolean()) return Yaml.parseAll(value.asText(), "value").getFirst().root();
        }
        return value.deepCopy();
    }

    private static JsonNode child(JsonNode node, String part) {
        if (!node.isArray()) return node.path(part);
        if (part.startsWith("[")) {
            for (JsonNode item : node) {
                if (matches(item, part)) return item;
            }
            return node.path(-1);
        }
        return part.matches("\\d+") ? node.path(Integer.parseInt(part)) : node.path(-1);
    }

    /** "[name=web]" selects items by a field, "[=x]" scalars by value. */
    private static boolean matches(JsonNode item, String part) {
        int equals = part.indexOf('=');
        if (equals < 0) throw new IllegalArgumentException("\"" + part + "\" in a field path is not [field=value]");
        String field = part.substring(1, equals);
        String wanted = part.substring(equals + 1, part.length() - 1);
        return (field.isEmpty() ? item : item.path(field)).asText("").equals(wanted);
    }

    private static void write(JsonNode node, List<String> parts, int at, boolean create, UnaryOperator<JsonNode> change) {
        String part = parts.get(at);
        boolean last = at == parts.size() - 1;
        switch (node) {
            case ArrayNode items -> {
                boolean any = false;
                for (int i = 0; i < items.size(); i++) {
                    if (part.equals("*") || part.equals(Integer.toString(i)) || part.startsWith("[") && matches(items.get(i), part)) {
                        any = true;
                        if (last) items.set(i, change.apply(items.get(i)));
                        else write(items.get(i), parts, at + 1, create, change);
                    }
                }
                if (!any && create && part.startsWith("[") && !part.startsWith("[=")) {
                    ObjectNode item = items.addObject().put(part.substring(1, part.indexOf('=')), part.substring(part.indexOf('=') + 1, part.length() - 1));
                    if (!last) write(item, parts, at + 1, true, change);
                }
            }
            case ObjectNode fields when part.equals("*") -> fields.properties().forEach(field -> {
                if (last) field.setValue(change.apply(field.getValue()));
                else write(field.getValue(), parts, at + 1, create, change);
            });
            case ObjectNode fields -> {
                JsonNode old = fields.get(part);
                if (old == null || old.isNull()) {
                    if (!create) return;
                    old = last ? TextNode.valueOf("") : parts.get(at + 1).startsWith("[") ? Json.array() : Json.object();
                    fields.set(part, old);
                }
                if (last) fields.set(part, change.apply(old));
                else write(old, parts, at + 1, create, change);
            }
            default -> {}
        }
    }

    /** At dots, but not inside of brackets or behind a backslash. */
    private static List<String> split(String path) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        boolean bracket = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\' && i + 1 < path.length() && path.charAt(i + 1) == '.') {
                part.append('.');
                i++;
            } else if (c == '.' && !bracket) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                if (c == '[') bracket = true;
                if (c == ']') bracket = false;
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}
