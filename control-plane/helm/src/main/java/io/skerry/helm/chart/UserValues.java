package io.skerry.helm.chart;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.helm.HelmException;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.template.GoValue;
import java.util.LinkedHashMap;
import java.util.Map;

/** The values a user gives, merged in the order they are added: later ones win. */
public final class UserValues {
    private final Map<String, Object> values = new LinkedHashMap<>();

    /**
     * A values file.
     * @param source its name for errors
     * @throws HelmException when it is no YAML map
     */
    public UserValues yaml(String text, String source) {
        merge(values, Trees.yamlMap(text, source));
        return this;
    }

    /** A tree, as {@code spec.values}. */
    public UserValues tree(JsonNode tree) {
        if (tree != null && tree.isObject()) {
            merge(values, Trees.map(tree));
        }
        return this;
    }

    /**
     * Helm's {@code --set}: "a.b=1,c[0]=x".
     * @throws HelmException when it is malformed
     */
    public UserValues set(String expression) {
        SetExpression.apply(expression, values, false);
        return this;
    }

    /** Helm's {@code --set-string}: every value is a string. */
    public UserValues setString(String expression) {
        SetExpression.apply(expression, values, true);
        return this;
    }

    public Map<String, Object> toMap() {
        return Trees.copy(values);
    }

    /** Maps merge; a null is kept, for it deletes the chart's default. */
    private static void merge(Map<String, Object> into, Map<String, Object> from) {
        from.forEach((k, v) -> {
            if (v instanceof Map && into.get(k) instanceof Map) {
                merge(GoValue.map(into.get(k)), GoValue.map(v));
            } else {
                into.put(k, v);
            }
        });
    }
}
