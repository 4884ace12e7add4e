package io.skerry.helm.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.helm.HelmException;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoValue;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12 (json-schema.org), for values.schema.json. Without {@code $schema} it is 2020-12, as
 * in Helm. References reach only into the document itself; one to elsewhere, and {@code $dynamicRef}, is an error rather than ignored.
 */
public final class JsonSchema {
    enum Draft { D4, D6, D7, D2019, D2020 }

    private static final Set<String> TYPES = Set.of("array", "boolean", "integer", "null", "number", "object", "string");
    private static final int MAX_DEPTH = 200;

    final Draft draft;
    private final Object root;
    private final Map<String, Object> anchors = new HashMap<>();
    private final Map<String, com.google.re2j.Pattern> patterns = new HashMap<>();

    private JsonSchema(Object root, Draft draft) {
        this.root = root;
        this.draft = draft;
        check(root, "");
    }

    /** @throws HelmException when it is no schema that can be used: what, and where in it */
    public static JsonSchema parse(byte[] text) {
        JsonNode n;
        try {
            n = Json.parse(text);
        } catch (IllegalArgumentException e) {
            throw new HelmException(e.getMessage(), e);
        }
        Object root = Trees.value(n);
        if (!(root instanceof Map) && !(root instanceof Boolean)) {
            throw new HelmException("a schema must be an object or a boolean");
        }
        return new JsonSchema(root, draft(root));
    }

    private static Draft draft(Object root) {
        String uri = root instanceof Map<?, ?> m && m.get("$schema") instanceof String s ? s.replaceFirst("#$", "").replaceFirst("^https?://", "") : "";
        return switch (uri) {
            case "", "json-schema.org/draft/2020-12/schema", "json-schema.org/schema" -> Draft.D2020;
            case "json-schema.org/draft/2019-09/schema" -> Draft.D2019;
            case "json-schema.org/draft-07/schema" -> Draft.D7;
            case "json-schema.org/draft-06/schema" -> Draft.D6;
            case "json-schema.org/draft-04/schema" -> Draft.D4;
            default -> throw new HelmException("$schema " + uri + " is not known: use draft 4, 6, 7, 2019-09 or 2020-12");
        };
    }

    /** Looks at all sub-schemas once: anchors are found, and what cannot be right or is not supported is refused before any value is looked at. */
    private void check(Object schema, String at) {
        if (!(schema instanceof Map<?, ?> s)) {
            return;
        }
        for (String key : new String[] {"$anchor", "$id", "id"}) {
            if (s.get(key) instanceof String a && (key.equals("$anchor") || a.startsWith("#"))) {
                anchors.put(a.startsWith("#") ? a.substring(1) : a, s);
            }
        }
        if (s.containsKey("$dynamicRef") || s.containsKey("$recursiveRef")) {
            throw new HelmException("at '" + at + "': $dynamicRef and $recursiveRef are not supported; use $ref");
        }
        Object type = s.get("type");
        for (Object t : type instanceof List<?> l ? l : type == null ? List.of() : List.of(type)) {
            if (!(t instanceof String) || !TYPES.contains(t)) {
                throw new HelmException("is not valid against metaschema: at '" + at + "/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'");
            }
        }
        if (s.get("pattern") instanceof String p) {
            pattern(p, at + "/pattern");
        }
        for (Map.Entry<?, ?> e : s.entrySet()) {
            String path = at + "/" + e.getKey();
            switch ((String) e.getKey()) {
                case "properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies" -> {
                    if (e.getValue() instanceof Map<?, ?> m) {
                        m.forEach((k, v) -> {
                            if (e.getKey().equals("patternProperties")) {
                                pattern((String) k, path);
                            }
                            check(v, path + "/" + k);
                        });
                    }
                }
                case "allOf", "anyOf", "oneOf", "prefixItems" -> {
                    if (e.getValue() instanceof List<?> l) {
                        for (int i = 0; i < l.size(); i++) {
                            check(l.get(i), path + "/" + i);
                        }
                    }
                }
                case "items" -> {
                    if (e.getValue() instanceof List<?> l) {
                        for (int i = 0; i < l.size(); i++) {
                            check(l.get(i), path + "/" + i);
                        }
                    } else {
                        check(e.getValue(), path);
                    }
                }
                case "additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems", "contains", "propertyNames", "not", "if", "then", "else" ->
                    check(e.getValue(), path);
                default -> { }
            }
        }
    }

    com.google.re2j.Pattern pattern(String regex, String at) {
        return patterns.computeIfAbsent(regex, r -> {
            try {
                return com.google.re2j.Pattern.compile(r);
            } catch (com.google.re2j.PatternSyntaxException e) {
                throw new HelmException("is not valid against metaschema: at '" + at + "': '" + r + "' is not valid regex: error parsing regexp: " + e.getDescription() + ": `" + e.getPattern() + "`");
            }
        });
    }

    /** @throws HelmException when there is no such place in the document */
    Object resolve(String ref) {
        if (ref.equals("#")) {
            return root;
        }
        if (root instanceof Map<?, ?> m) {
            String id = m.get("$id") instanceof String i ? i : m.get("id") instanceof String j ? j : "";
            if (!id.isEmpty() && ref.startsWith(id + "#")) {
                return resolve(ref.substring(id.length()));
            }
            if (ref.equals(id)) {
                return root;
            }
        }
        if (!ref.startsWith("#")) {
            throw new HelmException("failing loading \"" + ref + "\": a schema of a chart can refer only into itself; put what it needs under $defs");
        }
        String pointer = java.net.URLDecoder.decode(ref.substring(1).replace("+", "%2B"), java.nio.charset.StandardCharsets.UTF_8);
        if (!pointer.startsWith("/")) {
            Object a = anchors.get(pointer);
            if (a == null) {
                throw new HelmException("anchor " + pointer + " in the schema not found");
            }
            return a;
        }
        Object at = root;
        for (String part : pointer.substring(1).split("/", -1)) {
            String key = part.replace("~1", "/").replace("~0", "~");
            Object next = null;
            if (at instanceof Map<?, ?> m) {
                next = m.get(key);
            } else if (at instanceof List<?> l && key.matches("\\d{1,6}") && Integer.parseInt(key) < l.size()) {
                next = l.get(Integer.parseInt(key));
            }
            if (next == null) {
                throw new HelmException("json-pointer in \"values.schema.json" + ref + "\" not found");
            }
            at = next;
        }
        return at;
    }

    /** @return a line for each problem; "" when the value fits */
    public String validate(Object value) {
        Problem p = validate(root, value, "", new Evaluated(), 0);
        if (p == null) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        if (p.message().equals("validation failed")) {
            p.causes().forEach(c -> c.print(out, 0));
        } else {
            p.print(out, 0);
        }
        return out.toString();
    }

    /** Which properties and items of a value some keyword has looked at, for unevaluatedProperties and unevaluatedItems. */
    static final class Evaluated {
        final Set<String> properties = new LinkedHashSet<>();
        final Set<Integer> items = new LinkedHashSet<>();

        void add(Evaluated o) {
            properties.addAll(o.properties);
            items.addAll(o.items);
        }
    }

    /** @param seen gets what was looked at, if the value fits */
    Problem validate(Object schema, Object value, String at, Evaluated seen, int depth) {
        if (depth > MAX_DEPTH) {
            throw new HelmException("the schema refers to itself without end at '" + at + "'");
        }
        if (schema instanceof Boolean b) {
            return b ? null : new Problem(at, "false schema");
        }
        if (!(schema instanceof Map<?, ?> s)) {
            return null;
        }
        boolean refOnly = draft.compareTo(Draft.D7) <= 0 && s.get("$ref") instanceof String;
        if (refOnly) {
            return validate(resolve((String) s.get("$ref")), value, at, seen, depth + 1);
        }
        Problem first = scalar(GoValue.map(s), value, at);
        if (first != null) {
            return first;
        }
        Evaluated own = new Evaluated();
        List<Problem> problems = new ArrayList<>();
        ContainerRules rules = new ContainerRules(this, GoValue.map(s), at, own, depth);
        switch (value) {
            case Map<?, ?> m -> rules.object(GoValue.map(m), problems);
            case List<?> l -> rules.array(GoValue.list(l), problems);
            case String t -> string(s, t, at, problems);
            case Number n -> number(s, n.doubleValue(), at, problems);
            case null, default -> { }
        }
        rules.combined(value, problems);
        rules.unevaluated(value, problems);
        if (problems.isEmpty()) {
            seen.add(own);
        }
        return Problem.of(at, problems);
    }

    /** type, const, enum and format: when one of them fails, the rest says nothing more. */
    private Problem scalar(Map<String, Object> s, Object value, String at) {
        Object type = s.get("type");
        if (type != null) {
            List<String> wanted = new ArrayList<>();
            (type instanceof List<?> l ? l : List.of(type)).forEach(t -> wanted.add((String) t));
            if (wanted.stream().noneMatch(t -> is(value, t))) {
                wanted.sort(java.util.Comparator.comparingInt(ORDER::indexOf));
                return new Problem(at, "got " + type(value) + ", want " + String.join(" or ", wanted));
            }
        }
        if (s.containsKey("const") && draft != Draft.D4 && !same(s.get("const"), value)) {
            Object c = s.get("const");
            return new Problem(at, c instanceof Map || c instanceof List ? "'const' failed" : "value must be " + show(c));
        }
        if (s.get("enum") instanceof List<?> options && options.stream().noneMatch(o -> same(o, value))) {
            boolean simple = options.stream().noneMatch(o -> o instanceof Map || o instanceof List);
            List<String> shown = new ArrayList<>();
            options.forEach(o -> shown.add(show(o)));
            return new Problem(at, !simple ? "'enum' failed" : shown.size() == 1 ? "value must be " + shown.getFirst() : "value must be one of " + String.join(", ", shown));
        }
        if (s.get("format") instanceof String format && value instanceof String text && draft.compareTo(Draft.D7) <= 0) {
            String problem = Formats.problem(format, text);
            if (problem != null) {
                return new Problem(at, "'" + text + "' is not valid " + format + ": " + problem);
            }
        }
        return null;
    }

    private static final List<String> ORDER = List.of("null", "boolean", "number", "integer", "string", "array", "object");

    private static String show(Object v) {
        return Problem.show(v);
    }

    private static boolean is(Object v, String type) {
        return switch (type) {
            case "integer" -> v instanceof Number n && n.doubleValue() == Math.rint(n.doubleValue());
            default -> type(v).equals(type);
        };
    }

    private static String type(Object v) {
        return switch (v) {
            case null -> "null";
            case Boolean _ -> "boolean";
            case Number _ -> "number";
            case Map<?, ?> _ -> "object";
            case List<?> _ -> "array";
            default -> "string";
        };
    }

    /** Equal as JSON: 1 and 1.0 are the same. */
    static boolean same(Object a, Object b) {
        if (a instanceof Number x && b instanceof Number y) {
            return x.doubleValue() == y.doubleValue();
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return x.size() == y.size() && x.entrySet().stream().allMatch(e -> y.containsKey(e.getKey()) && same(e.getValue(), y.get(e.getKey())));
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            for (int i = 0; i < x.size() && x.size() == y.size(); i++) {
                if (!same(x.get(i), y.get(i))) {
                    return false;
                }
            }
            return x.size() == y.size();
        }
        return java.util.Objects.equals(a, b);
    }

    private void string(Map<?, ?> s, String v, String at, List<Problem> problems) {
        int length = v.codePointCount(0, v.length());
        if (s.get("minLength") instanceof Number n && length < n.intValue()) {
            problems.add(new Problem(at, "minLength: got " + length + ", want " + n.intValue()));
        }
        if (s.get("maxLength") instanceof Number n && length > n.intValue()) {
            problems.add(new Problem(at, "maxLength: got " + length + ", want " + n.intValue()));
        }
        if (s.get("pattern") instanceof String p && !pattern(p, at).matcher(v).find()) {
            problems.add(new Problem(at, "'" + v + "' does not match pattern '" + p + "'"));
        }
    }

    private void number(Map<?, ?> s, double v, String at, List<Problem> problems) {
        boolean oldMin = draft == Draft.D4 && Boolean.TRUE.equals(s.get("exclusiveMinimum"));
        boolean oldMax = draft == Draft.D4 && Boolean.TRUE.equals(s.get("exclusiveMaximum"));
        Object min = s.get("minimum");
        Object max = s.get("maximum");
        limit("minimum", oldMin ? null : min, v, at, problems);
        limit("maximum", oldMax ? null : max, v, at, problems);
        limit("exclusiveMinimum", oldMin ? min : s.get("exclusiveMinimum"), v, at, problems);
        limit("exclusiveMaximum", oldMax ? max : s.get("exclusiveMaximum"), v, at, problems);
        if (s.get("multipleOf") instanceof Number n && n.doubleValue() != 0
            && java.math.BigDecimal.valueOf(v).remainder(java.math.BigDecimal.valueOf(n.doubleValue())).signum() != 0) {
            problems.add(new Problem(at, "multipleOf: got " + GoFormat.value(v) + ", want " + GoFormat.value(n)));
        }
    }

    private static void limit(String keyword, Object limit, double v, String at, List<Problem> problems) {
        if (!(limit instanceof Number n)) {
            return;
        }
        double l = n.doubleValue();
        boolean fits = switch (keyword) {
            case "minimum" -> v >= l;
            case "maximum" -> v <= l;
            case "exclusiveMinimum" -> v > l;
            default -> v < l;
        };
        if (!fits) {
            problems.add(new Problem(at, keyword + ": got " + GoFormat.value(v) + ", want " + GoFormat.value(l)));
        }
    }
}
