package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the field that an API error speaks of, as a JSON pointer (RFC 6901) into the object. */
final class FieldPath {

    /** How validation, strict decoding and server-side apply name fields: {@code unknown field "spec.x"}, {@code .spec.x: field not declared}, {@code spec.x: Invalid value}. */
    private static final Pattern IN_MESSAGE = Pattern.compile(
            "unknown field \"([^\"]+)\"|duplicate field \"([^\"]+)\"|(?:^|\\s)(\\.[\\w.\\[\\]=\",/:-]+): (?:field not declared|expected|duplicate)|(?:^|[\\s\\[])([a-z]\\w*(?:[.\\[][\\w.\\[\\]\"=/-]*)?): (?:Invalid|Required|Forbidden|Unsupported|Duplicate|Too |Not found|Internal)");

    /** A value of the wrong type, named without the lists' indexes: {@code cannot unmarshal array into Go struct field Container.spec.containers.image of type string}. */
    private static final Pattern WRONG_TYPE = Pattern.compile("cannot unmarshal (\\w+).* into Go struct field \\w+\\.([\\w.]+) of type");

    private static final Pattern PART = Pattern.compile("\\[([^\\]]*)\\]|([^.\\[]+)");

    private FieldPath() {}

    /** The first field named in a message as a pointer; "" when it names none. */
    static String inMessage(String message, JsonNode object) {
        Matcher type = WRONG_TYPE.matcher(message);
        if (type.find()) return find(object, List.of(type.group(2).split("\\.")), type.group(1), "");
        Matcher matcher = IN_MESSAGE.matcher(message);
        if (!matcher.find()) return "";
        for (int i = 1; i <= matcher.groupCount(); i++) {
            if (matcher.group(i) != null) return pointer(matcher.group(i), object);
        }
        return "";
    }

    /** The first value at a path that goes through lists, which has a JSON type as Go names it; "" when there is none. */
    private static String find(JsonNode node, List<String> path, String type, String pointer) {
        if (path.isEmpty() && type.equals(typeOf(node))) return pointer;
        if (path.isEmpty() && node.isObject()) {
            // Of a map such as a ConfigMap's data, Go names the map and means a value.
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                if (type.equals(typeOf(field.getValue()))) return pointer + "/" + escape(field.getKey());
            }
        }
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                String found = find(node.get(i), path, type, pointer + "/" + i);
                if (!found.isEmpty()) return found;
            }
        }
        if (path.isEmpty() || !node.has(path.getFirst())) return "";
        return find(node.get(path.getFirst()), path.subList(1, path.size()), type, pointer + "/" + path.getFirst());
    }

    private static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    private static String typeOf(JsonNode node) {
        return switch (node.getNodeType()) {
            case BOOLEAN -> "bool";
            case NUMBER -> "number";
            case STRING -> "string";
            case ARRAY -> "array";
            default -> "object";
        };
    }

    /** {@code spec.containers[0].image}, {@code .spec.containers[name="a"].image} as a pointer. */
    static String pointer(String path, JsonNode object) {
        StringBuilder pointer = new StringBuilder();
        JsonNode at = object;
        Matcher part = PART.matcher(path);
        while (part.find()) {
            String name = part.group(2);
            if (name == null) {
                String index = part.group(1);
                int equals = index.indexOf('=');
                if (equals > 0) name = Integer.toString(find(at, index.substring(0, equals), unquote(index.substring(equals + 1).replaceFirst(",.*", ""))));
                else name = unquote(index);
            }
            pointer.append('/').append(escape(name));
            at = at.isArray() ? at.path(name.matches("\\d+") ? Integer.parseInt(name) : -1) : at.path(name);
        }
        return pointer.toString();
    }

    private static int find(JsonNode items, String field, String value) {
        for (int i = 0; i < items.size(); i++) {
            if (Json.text(items.get(i), field).equals(value)) return i;
        }
        return 0;
    }

    private static String unquote(String text) {
        return text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"") ? text.substring(1, text.length() - 1) : text;
    }
}
