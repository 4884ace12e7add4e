package io.skerry.image.settings;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.yaml.Yaml;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Holds a tree against the table and collects everything that does not fit. */
final class Checker {
    private final Yaml.Document document;
    private final boolean forBuild;
    private final ServerFlags serverFlags;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();

    Checker(Yaml.Document document, boolean forBuild, ServerFlags serverFlags) {
        this.document = document;
        this.forBuild = forBuild;
        this.serverFlags = serverFlags;
    }

    List<Problem> problems() {
        return problems;
    }

    List<Problem> warnings() {
        return List.copyOf(warnings);
    }

    void problem(Place place, String message) {
        problems.add(at(place, message));
    }

    /** Something right that has no effect. */
    void warning(Place place, String message) {
        warnings.add(at(place, message));
    }

    private Problem at(Place place, String message) {
        return new Problem(document.source(), document.lineOf(place.pointer()), place.path(), message);
    }

    void section(JsonNode node, List<Key> keys, Place place) {
        if (!node.isObject()) {
            problem(place, "must be a mapping with the keys " + names(keys));
            return;
        }
        node.properties().forEach(each -> {
            Place there = place.key(each.getKey());
            Key key = keys.stream().filter(k -> k.name().equals(each.getKey())).findFirst().orElse(null);
            if (key == null) {
                unknown(there, each.getKey(), keys.stream().map(Key::name).filter(name -> forBuild || !name.equals(SettingsSchema.BUILD)).toList());
            } else if (key.name().equals(SettingsSchema.BUILD) && place.equals(Place.TOP) && !forBuild) {
                problem(there, "is for image.yaml, which 'skerry image build' reads; a device cannot act on it");
            } else {
                value(each.getValue(), key.shape(), there, key.secret());
                if (!key.pending().isEmpty()) {
                    warnings.add(at(there, key.pending()));
                }
            }
        });
        for (Key key : keys) {
            if (key.required() && !node.has(key.name())) {
                problem(place, "'" + key.name() + "' is missing; it must be " + allowed(key.shape()));
            }
        }
    }

    private void value(JsonNode node, Shape shape, Place place, boolean secret) {
        switch (shape) {
            case Shape.Section section -> section(node, section.keys(), place);
            case Shape.Text text -> text(node, text.format(), place, secret);
            case Shape.Choice choice -> {
                if (!choice.words().contains(node.textValue())) {
                    String typed = node.isValueNode() ? node.asText() : "";
                    problem(place, shown(node, secret) + "must be " + allowed(choice) + didYouMean(typed, choice.words()));
                }
            }
            case Shape.Flag flag -> {
                if (!node.isBoolean()) {
                    problem(place, shown(node, secret) + "must be " + allowed(flag));
                }
            }
            case Shape.Whole whole -> {
                if (!node.isIntegralNumber() || !node.canConvertToLong() || node.asLong() < whole.min() || node.asLong() > whole.max()) {
                    problem(place, shown(node, secret) + "must be " + allowed(whole));
                }
            }
            case Shape.Items items -> {
                if (!node.isArray()) {
                    problem(place, "must be a list: write each item on a line of its own after '- '; an item must be " + allowed(items.of()));
                    return;
                }
                for (int i = 0; i < node.size(); i++) {
                    value(node.get(i), items.of(), place.item(i), secret);
                }
            }
            case Shape.Named named -> named(node, named, place);
            case Shape.ServerFlags flags -> serverFlags(node, place);
        }
    }

    private void named(JsonNode node, Shape.Named named, Place place) {
        if (!node.isObject()) {
            problem(place, "must be a mapping whose keys are each " + named.name().allowed());
            return;
        }
        node.properties().forEach(each -> {
            Place there = place.key(each.getKey());
            if (!named.name().matches(each.getKey())) {
                problem(there, "the key must be " + named.name().allowed());
            }
            value(each.getValue(), named.of(), there, false);
        });
    }

    private void text(JsonNode node, Format format, Place place, boolean secret) {
        if (node.isNumber() || node.isBoolean()) {
            problem(place, shown(node, secret) + "is a " + (node.isNumber() ? "number" : "truth value") + " to YAML; put it in quotes. It must be " + format.allowed());
        } else if (!node.isTextual() || !format.matches(node.textValue())) {
            problem(place, shown(node, secret) + "must be " + format.allowed());
        }
    }

    private void serverFlags(JsonNode node, Place place) {
        if (!node.isObject()) {
            problem(place, "must be a mapping whose keys are the flags of 'skerry server --help' without dashes, such as 'disable: [dns]'");
            return;
        }
        Map<String, List<String>> known = new LinkedHashMap<>();
        node.properties().forEach(each -> {
            Place there = place.key(each.getKey());
            boolean isKnown = serverFlags.names().isEmpty() || serverFlags.names().contains(each.getKey());
            if (!isKnown) {
                unknown(there, each.getKey(), serverFlags.names());
            }
            List<String> values = new ArrayList<>();
            for (JsonNode value : each.getValue().isArray() ? each.getValue() : List.of(each.getValue())) {
                if (value.isValueNode() && !value.isNull()) {
                    values.add(value.asText());
                } else {
                    problem(there, "must be a value or a list of values");
                    isKnown = false;
                }
            }
            if (isKnown) {
                known.put(each.getKey(), values);
            }
        });
        serverFlags.problems(known).forEach((flag, problem) -> problem(flag.isEmpty() ? place : place.key(flag), problem));
    }

    private void unknown(Place place, String typed, Collection<String> known) {
        Set<String> sorted = new LinkedHashSet<>(known.stream().sorted().toList());
        problem(place, "unknown key '" + typed + "'" + didYouMean(typed, known) + "; known here: " + String.join(", ", sorted));
    }

    private static String didYouMean(String typed, Collection<String> known) {
        return Nearest.to(typed, known).map(near -> "; did you mean '" + near + "'?").orElse("");
    }

    private static String shown(JsonNode node, boolean secret) {
        if (node.isNull()) {
            return "has no value; ";
        }
        String text = node.isValueNode() ? node.asText() : "";
        return secret || text.isEmpty() || text.length() > 80 || text.contains("\n") ? "" : "'" + text + "' ";
    }

    private static String allowed(Shape shape) {
        return switch (shape) {
            case Shape.Text text -> text.format().allowed();
            case Shape.Whole whole -> "a whole number from " + whole.min() + " to " + whole.max();
            case Shape.Flag flag -> "true or false";
            case Shape.Choice choice -> "one of " + String.join(", ", choice.words());
            case Shape.Section section -> "a mapping with the keys " + names(section.keys());
            case Shape.Items items -> "a list; each item " + allowed(items.of());
            case Shape.Named named -> "a mapping";
            case Shape.ServerFlags flags -> "a mapping";
        };
    }

    private static String names(List<Key> keys) {
        return keys.stream().map(Key::name).collect(Collectors.joining(", "));
    }
}
