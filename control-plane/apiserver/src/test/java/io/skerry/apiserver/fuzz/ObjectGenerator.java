package io.skerry.apiserver.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Bodies: objects that are valid, nearly valid, and anything but. */
final class ObjectGenerator {
    static final List<String> NAMES = List.of("a", "a", "a", "a", "a", "a", "a", "a", "b", "b", "c", "fuzz-0", "fuzz-1", "kubernetes", "default");
    static final List<String> NAMESPACES = List.of("default", "default", "default", "default", "default", "default", "default", "kube-system", "fuzz-0", "none");
    static final List<String> ODD = List.of("", " ", "\u0000", "é", "\ud83d\ude00", "\ud83d", "x".repeat(300), "-1", "0", "9999999999999999999999", "NaN", "1e400", "1Ei",
            "9223372036854775807Ei", "1e-99999", "2026-13-45T99:99:99Z", "2026-01-01T00:00:00Z", "10.0.0.0/99", "10.43.0.1", "::1", "null", "true", "{{", "\"", "'", "\\", "\n",
            "(((((", "^(a+)+$", "a=b,c in (", "../../etc/passwd", "%", "%2f", "*", "a/b", "a.b/c", "A_B", "-", ".", "..", "$(A)", "self.x > 1", "object.spec", "[", "]",
                    "app", "v1");

    private final Grammar grammar;
    private final Map<String, List<ObjectNode>> samples = new HashMap<>();

    /** @param samples valid objects as YAML documents; ones of a kind are the ground of most objects of that kind */
    ObjectGenerator(Grammar grammar, String samples) {
        this.grammar = grammar;
        Yaml.parseAll(samples, "samples.yaml").forEach(document -> {
            ObjectNode object = (ObjectNode) document.root();
            this.samples.computeIfAbsent(Json.text(object, "apiVersion") + " " + Json.text(object, "kind"), k -> new ArrayList<>()).add(object);
        });
    }

    /** Whether valid objects of a kind are known, so that requests reach behind validation. */
    boolean hasSample(Grammar.Resource resource) {
        return samples.containsKey(resource.apiVersion() + " " + resource.kind());
    }

    /** @param name its metadata's name, mostly */
    ObjectNode object(RandomGenerator random, Grammar.Resource resource, String namespace, String name) {
        List<ObjectNode> known = samples.get(resource.apiVersion() + " " + resource.kind());
        ObjectNode object;
        if (known != null && random.nextInt(10) != 0) {
            object = known.get(random.nextInt(known.size())).deepCopy();
        } else {
            object = value(random, resource.schema(), 0) instanceof ObjectNode generated ? generated : Json.object();
            object.put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
        }
        ObjectNode metadata = object.get("metadata") instanceof ObjectNode present ? present : object.putObject("metadata");
        // a definition's name follows from its spec
        if (!resource.kind().equals("CustomResourceDefinition")) {
            metadata.put("name", name);
        }
        if (resource.namespaced() && random.nextBoolean()) {
            metadata.put("namespace", namespace);
        }
        int changes = Math.max(0, random.nextInt(6) - 2);
        for (int i = 0; i < changes; i++) {
            mutate(random, object, resource.schema());
        }
        return object;
    }

    /** Changes the object at one place, anywhere in it. */
    void mutate(RandomGenerator random, ObjectNode object, JsonNode schema) {
        JsonNode at = object;
        JsonNode type = schema;
        for (int depth = 0; depth < 12; depth++) {
            if (at instanceof ObjectNode map) {
                List<String> keys = new ArrayList<>();
                map.fieldNames().forEachRemaining(keys::add);
                String key = keys.isEmpty() ? null : keys.get(random.nextInt(keys.size()));
                boolean root = depth == 0 && key != null && (key.equals("apiVersion") || key.equals("kind")) && random.nextInt(20) != 0;
                if (root) {
                    continue;
                }
                JsonNode next = key == null ? null : map.get(key);
                if (next == null || !next.isContainerNode() || random.nextInt(4) == 0) {
                    change(random, map, key, type);
                    return;
                }
                type = grammar.property(type, key);
                at = next;
            } else if (at instanceof ArrayNode list) {
                if (list.isEmpty() || !list.get(0).isContainerNode() || random.nextInt(4) == 0) {
                    change(random, list, grammar.resolve(type).path("items"));
                    return;
                }
                type = grammar.resolve(type).path("items");
                at = list.get(random.nextInt(list.size()));
            } else {
                return;
            }
        }
    }

    private void change(RandomGenerator random, ObjectNode map, String key, JsonNode schema) {
        JsonNode properties = grammar.resolve(schema).path("properties");
        switch (random.nextInt(6)) {
            case 0 -> {
                if (key != null) {
                    map.remove(key);
                }
            }
            case 1 -> map.set(key == null ? text(random) : key, wrong(random, 0));
            case 2 -> map.set(text(random), wrong(random, 0));
            case 3 -> {
                if (key != null) {
                    map.set(key, value(random, grammar.property(schema, key), 2));
                }
            }
            default -> {
                if (properties.isEmpty()) {
                    map.set(text(random), value(random, grammar.resolve(schema).path("additionalProperties"), 2));
                } else {
                    List<String> names = new ArrayList<>();
                    properties.fieldNames().forEachRemaining(names::add);
                    String name = names.get(random.nextInt(names.size()));
                    map.set(name, value(random, properties.get(name), 2));
                }
            }
        }
    }

    private void change(RandomGenerator random, ArrayNode list, JsonNode items) {
        int at = list.isEmpty() ? 0 : random.nextInt(list.size());
        switch (random.nextInt(4)) {
            case 0 -> {
                if (!list.isEmpty()) {
                    list.remove(at);
                }
            }
            case 1 -> {
                if (!list.isEmpty()) {
                    list.add(list.get(at).deepCopy());
                }
            }
            case 2 -> list.insert(at, wrong(random, 0));
            default -> list.insert(at, value(random, items, 2));
        }
    }

    /** A value that a schema allows, as far as a schema tells. */
    JsonNode value(RandomGenerator random, JsonNode schema, int depth) {
        JsonNode type = grammar.resolve(schema);
        if (random.nextInt(60) == 0 || type.isMissingNode()) {
            return wrong(random, depth);
        }
        if (type.has("enum")) {
            return type.get("enum").get(random.nextInt(type.get("enum").size()));
        }
        if (type.path("x-kubernetes-int-or-string").asBoolean() || type.path("format").asText().equals("int-or-string") || type.has("oneOf")) {
            return random.nextBoolean() ? IntNode.valueOf(random.nextInt(100)) : TextNode.valueOf(random.nextBoolean() ? "25%" : text(random));
        }
        return switch (type.path("type").asText("")) {
            case "string" -> TextNode.valueOf(string(random, type.path("format").asText()));
            case "integer" -> random.nextInt(8) == 0 ? LongNode.valueOf(random.nextLong()) : IntNode.valueOf(random.nextInt(-1, 10));
            case "number" -> DoubleNode.valueOf(random.nextDouble());
            case "boolean" -> BooleanNode.valueOf(random.nextBoolean());
            case "array" -> {
                ArrayNode list = Json.array();
                int size = depth > 8 ? 0 : random.nextInt(3);
                for (int i = 0; i < size; i++) {
                    list.add(value(random, type.path("items"), depth + 1));
                }
                yield list;
            }
            default -> object(random, type, depth);
        };
    }

    private ObjectNode object(RandomGenerator random, JsonNode type, int depth) {
        ObjectNode object = Json.object();
        if (depth > 8) {
            return object;
        }
        List<String> required = new ArrayList<>();
        type.path("required").forEach(name -> required.add(name.asText()));
        type.path("properties").properties().forEach(property -> {
            if (required.contains(property.getKey()) || random.nextInt(3 + 2 * depth) == 0) {
                object.set(property.getKey(), value(random, property.getValue(), depth + 1));
            }
        });
        if (type.has("additionalProperties") || !type.has("properties")) {
            int size = random.nextInt(3);
            for (int i = 0; i < size; i++) {
                object.set(text(random), value(random, type.path("additionalProperties"), depth + 1));
            }
        }
        return object;
    }

    private static String string(RandomGenerator random, String format) {
        return switch (random.nextInt(4) == 0 ? "" : format) {
            case "date-time" -> "2026-01-0" + random.nextInt(1, 10) + "T00:00:00Z";
            case "byte" -> random.nextBoolean() ? "YQ==" : "a";
            default -> text(random);
        };
    }

    static String text(RandomGenerator random) {
        return random.nextInt(3) == 0 ? ODD.get(random.nextInt(ODD.size())) : NAMES.get(random.nextInt(NAMES.size()));
    }

    /** A value that hardly anything expects. */
    static JsonNode wrong(RandomGenerator random, int depth) {
        return switch (random.nextInt(depth > 4 ? 8 : 12)) {
            case 0 -> NullNode.getInstance();
            case 1 -> BooleanNode.TRUE;
            case 2 -> IntNode.valueOf(random.nextInt());
            case 3 -> LongNode.valueOf(random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE);
            case 4 -> DoubleNode.valueOf(random.nextBoolean() ? 1e300 : -0.5);
            case 5, 6 -> TextNode.valueOf(text(random));
            case 7 -> Json.object();
            case 8 -> Json.array();
            case 9 -> Json.array().add(wrong(random, depth + 1)).add(wrong(random, depth + 1));
            case 10 -> {
                ArrayNode deep = Json.array();
                ArrayNode at = deep;
                for (int i = 0; i < 40; i++) {
                    at = at.addArray();
                }
                yield deep;
            }
            default -> {
                ObjectNode object = Json.object();
                object.set(text(random), wrong(random, depth + 1));
                object.set(text(random), wrong(random, depth + 1));
                yield object;
            }
        };
    }
}
