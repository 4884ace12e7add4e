package io.skerry.gitops.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.gitops.kustomize.KustomizeException;
import io.skerry.machinery.selector.LabelSelector;
import io.skerry.machinery.yaml.Yaml;
import java.util.List;

/**
 * A Target's {@code spec.selector}: a {@code metav1.LabelSelector}, taken strictly. One that is misread selects the whole fleet or
 * nothing, and then every device prunes what it has.
 */
final class TargetSelector {

    private static final String POINTER = "/spec/selector";
    private static final String ALLOWED = "a selector has matchLabels (a map of keys to text) and matchExpressions (a list of {key, operator, values})";

    private final Yaml.Document document;

    private TargetSelector(Yaml.Document document) {
        this.document = document;
    }

    /**
     * No selector, as an empty one, selects every device.
     *
     * @throws KustomizeException with the line of what is wrong
     */
    static LabelSelector of(Yaml.Document target) {
        JsonNode selector = target.root().at(POINTER);
        if (selector.isMissingNode() || selector.isNull()) return LabelSelector.everything();
        new TargetSelector(target).check(selector);
        try {
            return LabelSelector.of(selector);
        } catch (IllegalArgumentException e) {
            throw new KustomizeException(target.source(), target.lineOf(POINTER), e.getMessage(), e);
        }
    }

    private void check(JsonNode selector) {
        fields(selector, POINTER, List.of("matchLabels", "matchExpressions"));
        JsonNode labels = selector.path("matchLabels");
        if (given(labels)) {
            if (!labels.isObject()) throw problem(POINTER + "/matchLabels", "matchLabels is a map of keys to text, not " + labels);
            labels.properties().forEach(label -> text(label.getValue(), POINTER + "/matchLabels/" + label.getKey().replace("~", "~0").replace("/", "~1"), label.getKey()));
        }
        JsonNode expressions = selector.path("matchExpressions");
        if (!given(expressions)) return;
        if (!expressions.isArray()) throw problem(POINTER + "/matchExpressions", "matchExpressions is a list of {key, operator, values}, not " + expressions);
        for (int i = 0; i < expressions.size(); i++) {
            String pointer = POINTER + "/matchExpressions/" + i;
            JsonNode expression = expressions.get(i);
            fields(expression, pointer, List.of("key", "operator", "values"));
            text(expression.path("key"), pointer + "/key", "key");
            text(expression.path("operator"), pointer + "/operator", "operator");
            JsonNode values = expression.path("values");
            if (!given(values)) continue;
            if (!values.isArray()) throw problem(pointer + "/values", "values is a list of text, not " + values);
            for (int v = 0; v < values.size(); v++) text(values.get(v), pointer + "/values/" + v, "each of values");
        }
    }

    private static boolean given(JsonNode value) {
        return !value.isMissingNode() && !value.isNull();
    }

    private void fields(JsonNode map, String pointer, List<String> known) {
        if (!map.isObject()) throw problem(pointer, "the selector is not valid at " + map + ": " + ALLOWED);
        map.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) throw problem(pointer + "/" + name, "unknown field \"" + name + "\": " + ALLOWED);
        });
    }

    private void text(JsonNode value, String pointer, String name) {
        if (value.isMissingNode()) throw problem(pointer, "there is no " + name + ": " + ALLOWED);
        if (!value.isTextual()) throw problem(pointer, name + " is text, not " + value + (value.isValueNode() && !value.isNull() ? "; put it in quotes" : ""));
    }

    private KustomizeException problem(String pointer, String text) {
        return new KustomizeException(document.source(), document.lineOf(pointer), text);
    }
}
