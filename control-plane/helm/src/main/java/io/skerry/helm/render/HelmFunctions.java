package io.skerry.helm.render;

import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import io.skerry.helm.ClusterAccess;
import io.skerry.helm.encoding.GoJson;
import io.skerry.helm.encoding.GoToml;
import io.skerry.helm.encoding.GoYaml;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.functions.Sprig;
import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.Functions;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.TemplateException;
import io.skerry.helm.template.TemplateSet;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that Helm adds to Sprig's. */
final class HelmFunctions {
    /** Marks the message of required and fail, so that the error shows it alone. */
    static final String MESSAGE_START = "HELM_ERR_START";
    static final String MESSAGE_END = "HELM_ERR_END";
    private static final int MAX_INCLUDES = 1001;

    private final ClusterAccess cluster;
    /** How deep each template is included at the moment. */
    private final Map<String, Integer> included = new HashMap<>();

    /** @param cluster for lookup; null finds nothing */
    HelmFunctions(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    /** All functions that charts have; include and tpl over a set of templates, which is known only after its functions, hence the holder. */
    Functions over(TemplateSet[] set) {
        return name -> {
            Function f = templating(name, set);
            f = f != null ? f : find(name);
            return f != null ? f : Sprig.find(name);
        };
    }

    private Function templating(String name, TemplateSet[] set) {
        return switch (name) {
            case "include" -> Function.of(name, "sa", a -> include(set[0], (String) a[0], a[1]));
            case "tpl" -> Function.of(name, "sa", a -> tpl(set[0], (String) a[0], a[1]));
            default -> null;
        };
    }

    private Function find(String name) {
        return switch (name) {
            case "toYaml" -> Function.of(name, "a", a -> lenient(() -> GoYaml.compact(a[0])));
            case "toYamlPretty" -> Function.of(name, "a", a -> lenient(() -> GoYaml.pretty(a[0])));
            case "fromYaml" -> Function.of(name, "s", a -> fromYaml((String) a[0]));
            case "fromYamlArray" -> Function.of(name, "s", a -> fromYamlArray((String) a[0]));
            case "toJson" -> Function.of(name, "a", a -> lenient(() -> GoJson.compact(a[0])));
            case "mustToJson" -> Function.of(name, "a", a -> strict(() -> GoJson.compact(a[0])));
            case "fromJson" -> Function.of(name, "s", a -> fromJson((String) a[0]));
            case "mustFromJson" -> Function.of(name, "s", a -> mustFromJson((String) a[0]));
            case "fromJsonArray" -> Function.of(name, "s", a -> fromJsonArray((String) a[0]));
            case "toToml" -> Function.of(name, "a", a -> {
                try {
                    return GoToml.write(a[0]);
                } catch (IllegalArgumentException e) {
                    return e.getMessage();
                }
            });
            case "required" -> Function.of(name, "sa", a -> {
                if (a[1] == null || "".equals(a[1])) {
                    throw new FunctionException(MESSAGE_START + a[0] + MESSAGE_END);
                }
                return a[1];
            });
            case "fail" -> Function.of(name, "s", a -> {
                throw new FunctionException(MESSAGE_START + a[0] + MESSAGE_END);
            });
            case "lookup" -> Function.of(name, "ssss", a -> lookup((String) a[0], (String) a[1], (String) a[2], (String) a[3]));
            default -> null;
        };
    }

    private Object include(TemplateSet set, String name, Object data) {
        int depth = included.merge(name, 1, Integer::sum);
        try {
            if (depth > MAX_INCLUDES) {
                throw new FunctionException("rendering template has a nested reference name: " + name + ": unable to execute template");
            }
            return set.execute(name, data);
        } finally {
            included.merge(name, -1, Integer::sum);
        }
    }

    private Object tpl(TemplateSet parent, String text, Object data) {
        if (text.indexOf("{{") < 0) {
            return text;
        }
        TemplateSet[] own = new TemplateSet[1];
        own[0] = parent.child(name -> templating(name, own));
        try {
            own[0].parse("gotpl", text);
        } catch (TemplateException e) {
            throw new FunctionException("cannot parse template " + GoFormat.quote(text) + ": " + e.getMessage());
        }
        try {
            return own[0].execute("gotpl", data).replace("<no value>", "");
        } catch (TemplateException e) {
            throw new FunctionException("error during tpl function execution for " + GoFormat.quote(text) + ": " + e.getMessage());
        }
    }

    private static String lenient(java.util.function.Supplier<String> text) {
        try {
            return text.get();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static String strict(java.util.function.Supplier<String> text) {
        try {
            return text.get();
        } catch (IllegalArgumentException e) {
            throw new FunctionException(e.getMessage());
        }
    }

    private static JsonNode yaml(String text) {
        List<Yaml.Document> documents = Yaml.parseAllLastWins(text, "yaml");
        return documents.isEmpty() ? null : documents.getFirst().root();
    }

    /** Errors are given as the value of "Error": charts look for it. */
    private static Map<String, Object> fromYaml(String text) {
        try {
            JsonNode n = yaml(text);
            if (n == null || n.isNull()) {
                return new LinkedHashMap<>();
            }
            if (n.isObject()) {
                return Trees.map(n);
            }
            return error("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal " + kind(n) + " into Go value of type map[string]interface {}");
        } catch (YamlException e) {
            return error("error converting YAML to JSON: " + e.getMessage());
        }
    }

    private static Map<String, Object> error(String message) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("Error", message);
        return m;
    }

    private static List<Object> fromYamlArray(String text) {
        try {
            JsonNode n = yaml(text);
            if (n == null || n.isNull()) {
                return new ArrayList<>();
            }
            if (n.isArray()) {
                return list(n);
            }
            return errors("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal " + kind(n) + " into Go value of type []interface {}");
        } catch (YamlException e) {
            return errors("error converting YAML to JSON: " + e.getMessage());
        }
    }

    private static List<Object> list(JsonNode n) {
        return io.skerry.helm.template.GoValue.list(Trees.value(n));
    }

    private static List<Object> errors(String message) {
        List<Object> l = new ArrayList<>();
        l.add(message);
        return l;
    }

    private static String kind(JsonNode n) {
        return n.getNodeType() == JsonNodeType.BOOLEAN ? "bool" : n.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }

    private static JsonNode json(String text) {
        try {
            JsonNode n = Json.parse(text);
            if (n != null && !n.isMissingNode()) {
                return n;
            }
        } catch (IllegalArgumentException e) {
            if (!(e.getCause() instanceof JsonEOFException)) {
                throw e;
            }
        }
        throw new IllegalArgumentException("unexpected end of JSON input");
    }

    private static Map<String, Object> fromJson(String text) {
        try {
            JsonNode n = json(text);
            if (n.isNull()) {
                return new LinkedHashMap<>();
            }
            return n.isObject() ? Trees.map(n) : error("json: cannot unmarshal " + kind(n) + " into Go value of type map[string]interface {}");
        } catch (IllegalArgumentException e) {
            return error(e.getMessage());
        }
    }

    private static Object mustFromJson(String text) {
        try {
            return Trees.value(json(text));
        } catch (IllegalArgumentException e) {
            throw new FunctionException(e.getMessage());
        }
    }

    private static List<Object> fromJsonArray(String text) {
        try {
            JsonNode n = json(text);
            if (n.isNull()) {
                return new ArrayList<>();
            }
            return n.isArray() ? list(n) : errors("json: cannot unmarshal " + kind(n) + " into Go value of type []interface {}");
        } catch (IllegalArgumentException e) {
            return errors(e.getMessage());
        }
    }

    private Object lookup(String apiVersion, String kind, String namespace, String name) {
        if (cluster == null) {
            return new LinkedHashMap<>();
        }
        try {
            return find(apiVersion, kind, namespace, name);
        } catch (RuntimeException e) {
            throw new FunctionException(e.getMessage());
        }
    }

    private Map<String, Object> find(String apiVersion, String kind, String namespace, String name) {
        if (!name.isEmpty()) {
            JsonNode found = cluster.get(apiVersion, kind, namespace, name);
            return found == null ? new LinkedHashMap<>() : Trees.map(found);
        }
        List<Object> items = new ArrayList<>();
        cluster.list(apiVersion, kind, namespace, "").forEach(n -> items.add(Trees.map(n)));
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("apiVersion", apiVersion);
        m.put("kind", kind + "List");
        m.put("items", items);
        return m;
    }
}
