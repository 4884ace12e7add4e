package io.skerry.image.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Which keys of a settings file hold what nobody else may know. */
public final class Secrets {
    /** An address with a user's password (RFC 3986, 3.2.1), or one of the web with a user at all: forges take a token there. */
    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://[^/@:\\s]*:[^/@\\s]+@|https?://[^/@\\s]+@");

    private final List<String> found = new ArrayList<>();

    private Secrets() {}

    /**
     * @param tree of a settings file, right or not; keys that are not known are passed over
     * @return paths such as {@code network.interfaces.wlan0.wifi.password}, in the order of the file; never a value
     */
    public static List<String> in(JsonNode tree) {
        Secrets secrets = new Secrets();
        secrets.section(tree, SettingsSchema.keys(), Place.TOP);
        return List.copyOf(secrets.found);
    }

    private void section(JsonNode node, List<Key> keys, Place place) {
        node.properties().forEach(each -> keys.stream().filter(key -> key.name().equals(each.getKey())).findFirst().ifPresent(key -> {
            Place there = place.key(key.name());
            if (key.secret()) {
                found.add(there.path());
            } else {
                value(each.getValue(), key.shape(), there);
            }
        }));
    }

    private void value(JsonNode node, Shape shape, Place place) {
        switch (shape) {
            case Shape.Section section -> section(node, section.keys(), place);
            case Shape.Named named -> node.properties().forEach(each -> value(each.getValue(), named.of(), place.key(each.getKey())));
            case Shape.Items items -> {
                for (int i = 0; i < node.size(); i++) {
                    value(node.get(i), items.of(), place.item(i));
                }
            }
            case Shape.ServerFlags flags -> node.properties().forEach(each -> text(each.getValue(), place.key(each.getKey())));
            default -> text(node, place);
        }
    }

    private void text(JsonNode node, Place place) {
        Iterable<JsonNode> values = node.isArray() ? node : List.of(node);
        for (JsonNode value : values) {
            if (value.isTextual() && ADDRESS.matcher(value.textValue()).find()) {
                found.add(place.path());
                return;
            }
        }
    }
}
