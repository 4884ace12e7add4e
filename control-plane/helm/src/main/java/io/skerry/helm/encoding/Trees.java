package io.skerry.helm.encoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.HelmException;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Between JSON trees and template values. Every number becomes a float64, as Go's encoding/json decodes into interface{}. */
public final class Trees {
    private Trees() {}

    public static Object value(JsonNode n) {
        return switch (n.getNodeType()) {
            case OBJECT -> map(n);
            case ARRAY -> {
                List<Object> l = new ArrayList<>(n.size());
                for (JsonNode e : n) {
                    l.add(value(e));
                }
                yield l;
            }
            case STRING -> n.textValue();
            case NUMBER -> n.doubleValue();
            case BOOLEAN -> n.booleanValue();
            default -> null;
        };
    }

    public static Map<String, Object> map(JsonNode n) {
        Map<String, Object> m = LinkedHashMap.newLinkedHashMap(n.size());
        for (var e : n.properties()) {
            m.put(e.getKey(), value(e.getValue()));
        }
        return m;
    }

    /** Whole float64s become whole numbers. */
    public static JsonNode tree(Object v) {
        JsonNodeFactory f = JsonNodeFactory.instance;
        return switch (v) {
            case null -> f.nullNode();
            case String s -> f.textNode(s);
            case Boolean b -> f.booleanNode(b);
            case Double d -> d == Math.rint(d) && Math.abs(d) < 9e18 ? f.numberNode((long) (double) d) : f.numberNode(d);
            case Integer i -> f.numberNode(i);
            case Long l -> f.numberNode(l);
            case Map<?, ?> m -> {
                ObjectNode o = f.objectNode();
                m.forEach((k, e) -> o.set((String) k, tree(e)));
                yield o;
            }
            case List<?> l -> {
                ArrayNode a = f.arrayNode(l.size());
                for (Object e : l) {
                    a.add(tree(e));
                }
                yield a;
            }
            default -> f.textNode(v.toString());
        };
    }

    /**
     * A values file.
     * @return an empty map when there is nothing in it
     * @throws HelmException naming the source, line and column
     */
    public static Map<String, Object> yamlMap(String text, String source) {
        List<Yaml.Document> documents;
        try {
            documents = Yaml.parseAllLastWins(text, source);
        } catch (YamlException e) {
            throw new HelmException("cannot parse " + e.getMessage(), e);
        }
        if (documents.isEmpty()) {
            return new LinkedHashMap<>();
        }
        Yaml.Document first = documents.getFirst();
        if (!first.root().isObject()) {
            throw new HelmException("cannot use " + source + ":" + first.line() + ": the values must be a map, but are " + first.root().getNodeType().name().toLowerCase(java.util.Locale.ROOT));
        }
        return map(first.root());
    }

    /** A copy that shares no map or list with the original. */
    public static Object copy(Object v) {
        return switch (v) {
            case io.skerry.helm.template.TypedMap m -> new io.skerry.helm.template.TypedMap(m.typeName(), copy((Map<?, ?>) m));
            case Map<?, ?> m -> copy(m);
            case io.skerry.helm.template.TypedList l -> new io.skerry.helm.template.TypedList(l.element(), l);
            case List<?> l -> {
                List<Object> c = new ArrayList<>(l.size());
                for (Object e : l) {
                    c.add(copy(e));
                }
                yield c;
            }
            case null -> null;
            default -> v;
        };
    }

    public static Map<String, Object> copy(Map<?, ?> m) {
        Map<String, Object> c = LinkedHashMap.newLinkedHashMap(m.size());
        m.forEach((k, e) -> c.put((String) k, copy(e)));
        return c;
    }
}
