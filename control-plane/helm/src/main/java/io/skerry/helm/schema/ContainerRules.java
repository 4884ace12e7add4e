package io.skerry.helm.schema;

import io.skerry.helm.schema.JsonSchema.Draft;
import io.skerry.helm.schema.JsonSchema.Evaluated;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The keywords of one schema that look into objects and arrays, and those that combine schemas. */
final class ContainerRules {
    private final JsonSchema schemas;
    private final Map<String, Object> s;
    private final String at;
    private final Evaluated seen;
    private final int depth;

    ContainerRules(JsonSchema schemas, Map<String, Object> schema, String at, Evaluated seen, int depth) {
        this.schemas = schemas;
        this.s = schema;
        this.at = at;
        this.seen = seen;
        this.depth = depth;
    }

    /** A part of the value, which has an account of its own of what was looked at. */
    private void part(Object schema, Object value, String pointer, List<Problem> problems) {
        add(problems, schemas.validate(schema, value, pointer, new Evaluated(), depth + 1));
    }

    /** The problems of one value stand side by side, whatever schema they are from. */
    private void add(List<Problem> problems, Problem p) {
        if (p != null && p.pointer().equals(at) && p.message().equals("validation failed")) {
            problems.addAll(p.causes());
        } else if (p != null) {
            problems.add(p);
        }
    }

    private String pointer(String key) {
        return at + "/" + key.replace("~", "~0").replace("/", "~1");
    }

    void object(Map<String, Object> o, List<Problem> problems) {
        if (s.get("minProperties") instanceof Number n && o.size() < n.intValue()) {
            problems.add(new Problem(at, "minProperties: got " + o.size() + ", want " + n.intValue()));
        }
        if (s.get("maxProperties") instanceof Number n && o.size() > n.intValue()) {
            problems.add(new Problem(at, "maxProperties: got " + o.size() + ", want " + n.intValue()));
        }
        List<String> missing = missing(s.get("required"), o);
        if (!missing.isEmpty()) {
            problems.add(new Problem(at, (missing.size() == 1 ? "missing property " : "missing properties ") + Problem.join(missing)));
        }
        for (String keyword : new String[] {"dependencies", "dependentRequired", "dependentSchemas"}) {
            boolean known = keyword.equals("dependencies") ? schemas.draft.compareTo(Draft.D7) <= 0 : schemas.draft.compareTo(Draft.D2019) >= 0;
            if (!known || !(s.get(keyword) instanceof Map<?, ?> m)) {
                continue;
            }
            m.forEach((key, d) -> {
                if (!o.containsKey(key)) {
                    return;
                }
                if (d instanceof List<?>) {
                    List<String> need = missing(d, o);
                    if (!need.isEmpty()) {
                        problems.add(new Problem(at, "properties " + Problem.join(need) + " required, if '" + key + "' exists"));
                    }
                } else {
                    add(problems, schemas.validate(d, o, at, seen, depth + 1));
                }
            });
        }
        List<String> extra = new ArrayList<>();
        o.forEach((key, v) -> {
            boolean known = false;
            if (s.get("properties") instanceof Map<?, ?> m && m.containsKey(key)) {
                known = true;
                part(m.get(key), v, pointer(key), problems);
            }
            if (s.get("patternProperties") instanceof Map<?, ?> m) {
                for (Map.Entry<?, ?> e : m.entrySet()) {
                    if (schemas.pattern((String) e.getKey(), at).matcher(key).find()) {
                        known = true;
                        part(e.getValue(), v, pointer(key), problems);
                    }
                }
            }
            if (!known && s.containsKey("additionalProperties")) {
                known = true;
                if (Boolean.FALSE.equals(s.get("additionalProperties"))) {
                    extra.add(key);
                } else {
                    part(s.get("additionalProperties"), v, pointer(key), problems);
                }
            }
            if (known) {
                seen.properties.add(key);
            }
        });
        if (!extra.isEmpty()) {
            problems.add(new Problem(at, "additional properties " + Problem.join(extra) + " not allowed"));
        }
        if (s.containsKey("propertyNames") && schemas.draft != Draft.D4) {
            for (String key : o.keySet()) {
                Problem p = schemas.validate(s.get("propertyNames"), key, "", new Evaluated(), depth + 1);
                if (p != null) {
                    problems.add(new Problem("", "invalid propertyName '" + key + "'", p.message().equals("validation failed") ? p.causes() : List.of(p)));
                }
            }
        }
    }

    private static List<String> missing(Object required, Map<String, Object> o) {
        List<String> out = new ArrayList<>();
        if (required instanceof List<?> l) {
            for (Object r : l) {
                if (!o.containsKey(r)) {
                    out.add(String.valueOf(r));
                }
            }
        }
        return out;
    }

    void array(List<Object> l, List<Problem> problems) {
        if (s.get("minItems") instanceof Number n && l.size() < n.intValue()) {
            problems.add(new Problem(at, "minItems: got " + l.size() + ", want " + n.intValue()));
        }
        if (s.get("maxItems") instanceof Number n && l.size() > n.intValue()) {
            problems.add(new Problem(at, "maxItems: got " + l.size() + ", want " + n.intValue()));
        }
        if (Boolean.TRUE.equals(s.get("uniqueItems"))) {
            unique(l, problems);
        }
        boolean modern = schemas.draft == Draft.D2020;
        Object prefix = s.get(modern ? "prefixItems" : "items");
        int n = 0;
        if (prefix instanceof List<?> p) {
            for (; n < Math.min(p.size(), l.size()); n++) {
                part(p.get(n), l.get(n), at + "/" + n, problems);
                seen.items.add(n);
            }
        }
        String restKeyword = modern || !(prefix instanceof List) ? "items" : "additionalItems";
        if (s.containsKey(restKeyword) && n < l.size()) {
            Object rest = s.get(restKeyword);
            if (restKeyword.equals("additionalItems") && Boolean.FALSE.equals(rest)) {
                problems.add(new Problem(at, "last " + (l.size() - n) + " additionalItem(s) not allowed"));
            } else {
                for (; n < l.size(); n++) {
                    part(rest, l.get(n), at + "/" + n, problems);
                    seen.items.add(n);
                }
            }
        }
        if (s.containsKey("contains") && schemas.draft != Draft.D4) {
            contains(l, problems);
        }
    }

    private void unique(List<Object> l, List<Problem> problems) {
        for (int i = 0; i < l.size(); i++) {
            for (int j = i + 1; j < l.size(); j++) {
                if (JsonSchema.same(l.get(i), l.get(j))) {
                    problems.add(new Problem(at, "items at " + i + " and " + j + " are equal"));
                    return;
                }
            }
        }
    }

    private void contains(List<Object> l, List<Problem> problems) {
        List<Problem> failed = new ArrayList<>();
        List<String> matched = new ArrayList<>();
        for (int i = 0; i < l.size(); i++) {
            Problem p = schemas.validate(s.get("contains"), l.get(i), at + "/" + i, new Evaluated(), depth + 1);
            if (p == null) {
                matched.add(Integer.toString(i));
                if (schemas.draft == Draft.D2020) {
                    seen.items.add(i);
                }
            } else {
                failed.add(p);
            }
        }
        boolean counted = schemas.draft.compareTo(Draft.D2019) >= 0;
        int min = counted && s.get("minContains") instanceof Number m ? m.intValue() : 1;
        if (matched.size() < min) {
            problems.add(min == 1 && matched.isEmpty() ? new Problem(at, "no items match contains schema", failed)
                : new Problem(at, "min " + min + " items required to match contains schema, but " + (matched.isEmpty() ? "none matched"
                : "matched " + matched.size() + " items at " + String.join(" ", matched)), failed));
        }
        if (counted && s.get("maxContains") instanceof Number m && matched.size() > m.intValue()) {
            problems.add(new Problem(at, "max " + m.intValue() + " items required to match contains schema, but matched " + matched.size() + " items at " + String.join(" ", matched)));
        }
    }

    /** $ref (which stands beside other keywords since 2019-09), not, allOf, anyOf, oneOf, if. */
    void combined(Object value, List<Problem> problems) {
        if (s.get("$ref") instanceof String ref) {
            add(problems, schemas.validate(schemas.resolve(ref), value, at, seen, depth + 1));
        }
        if (s.containsKey("not") && schemas.validate(s.get("not"), value, at, new Evaluated(), depth + 1) == null) {
            problems.add(new Problem(at, "'not' failed"));
        }
        if (s.get("allOf") instanceof List<?> all) {
            List<Problem> failed = new ArrayList<>();
            all.forEach(a -> collect(failed, schemas.validate(a, value, at, seen, depth + 1)));
            if (!failed.isEmpty()) {
                problems.add(new Problem(at, "'allOf' failed", failed));
            }
        }
        if (s.get("anyOf") instanceof List<?> any) {
            List<Problem> failed = new ArrayList<>();
            any.forEach(a -> collect(failed, schemas.validate(a, value, at, seen, depth + 1)));
            if (failed.size() == any.size()) {
                problems.add(new Problem(at, "'anyOf' failed", failed));
            }
        }
        if (s.get("oneOf") instanceof List<?> one) {
            oneOf(one, value, problems);
        }
        if (s.containsKey("if") && schemas.draft.compareTo(Draft.D7) >= 0) {
            boolean then = schemas.validate(s.get("if"), value, at, seen, depth + 1) == null;
            Object branch = s.get(then ? "then" : "else");
            if (branch != null) {
                add(problems, schemas.validate(branch, value, at, seen, depth + 1));
            }
        }
    }

    private static void collect(List<Problem> failed, Problem p) {
        if (p != null) {
            failed.add(p);
        }
    }

    private void oneOf(List<?> one, Object value, List<Problem> problems) {
        List<Problem> failed = new ArrayList<>();
        List<Integer> matched = new ArrayList<>();
        Evaluated found = new Evaluated();
        for (int i = 0; i < one.size(); i++) {
            Problem p = schemas.validate(one.get(i), value, at, found, depth + 1);
            if (p == null) {
                matched.add(i);
            } else {
                failed.add(p);
            }
        }
        if (matched.isEmpty()) {
            problems.add(new Problem(at, "'oneOf' failed, none matched", failed));
        } else if (matched.size() > 1) {
            problems.add(new Problem(at, "'oneOf' failed, subschemas " + matched.get(0) + ", " + matched.get(1) + " matched"));
        } else {
            seen.add(found);
        }
    }

    void unevaluated(Object value, List<Problem> problems) {
        if (schemas.draft.compareTo(Draft.D2019) < 0) {
            return;
        }
        if (s.containsKey("unevaluatedProperties") && value instanceof Map<?, ?> o) {
            o.forEach((key, v) -> {
                if (!seen.properties.contains(key)) {
                    part(s.get("unevaluatedProperties"), v, pointer((String) key), problems);
                    seen.properties.add((String) key);
                }
            });
        }
        if (s.containsKey("unevaluatedItems") && value instanceof List<?> l) {
            for (int i = 0; i < l.size(); i++) {
                if (!seen.items.contains(i)) {
                    part(s.get("unevaluatedItems"), l.get(i), at + "/" + i, problems);
                    seen.items.add(i);
                }
            }
        }
    }
}
