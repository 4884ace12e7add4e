package io.skerry.image.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Turns a checked tree into {@link Settings}. */
final class Typed {
    private Typed() {}

    static Settings of(ObjectNode tree, List<Problem> warnings) {
        return new Settings(text(tree, "hostname"), Settings.Role.valueOf(text(tree, "role").orElse("standalone").toUpperCase(Locale.ROOT)), labels(tree.path("labels")),
                section(tree, "fleet", n -> new Settings.Fleet(n.path("url").asText(), text(n, "branch"), text(n, "interval"), text(n, "username"), text(n, "password"),
                        text(n, "sshKey"), texts(n, "knownHosts"))),
                new Settings.Trust(texts(tree.path("trust"), "git"), texts(tree.path("trust"), "os"), text(tree.path("trust"), "ca")),
                section(tree, "mqtt", n -> new Settings.Mqtt(n.path("url").asText(), text(n, "username"), text(n, "password"), text(n, "ca"), text(n, "certificate"), text(n, "key"))),
                text(tree.path("enrolment"), "token"), network(tree.path("network")), texts(tree.path("ssh"), "keys"),
                items(tree.path("users"), n -> new Settings.User(n.path("name").asText(), texts(n, "sshKeys"), texts(n, "groups"))),
                text(tree, "timezone"), text(tree.path("journal"), "forwardTo"), server(tree.path("server")), build(tree.path(SettingsSchema.BUILD)), tree, warnings);
    }

    private static Settings.Network network(JsonNode node) {
        List<Settings.Interface> interfaces = new ArrayList<>();
        node.path("interfaces").properties().forEach(each -> interfaces.add(networkInterface(each.getKey(), each.getValue())));
        JsonNode proxy = node.path("proxy");
        return new Settings.Network(List.copyOf(interfaces), new Settings.Proxy(text(proxy, "http"), text(proxy, "https"), texts(proxy, "noProxy")), texts(node, "ntp"));
    }

    private static Settings.Interface networkInterface(String name, JsonNode node) {
        List<String> addresses = texts(node, "addresses");
        return new Settings.Interface(name, node.path("dhcp").asBoolean(addresses.isEmpty()), addresses, text(node, "gateway"), texts(node, "dns"), texts(node, "search"),
                items(node.path("routes"), n -> new Settings.Route(n.path("to").asText(), n.path("via").asText())),
                node.path("mtu").isInt() ? OptionalInt.of(node.path("mtu").asInt()) : OptionalInt.empty(),
                section(node, "wifi", n -> new Settings.Wifi(n.path("ssid").asText(), text(n, "password"), n.path("country").asText(), n.path("hidden").asBoolean())),
                section(node, "vlan", n -> new Settings.Vlan(n.path("id").asInt(), n.path("link").asText())));
    }

    private static Settings.Build build(JsonNode node) {
        return new Settings.Build(texts(node, "packages"),
                items(node.path("files"), n -> new Settings.File(n.path("path").asText(), text(n, "source"), text(n, "content"), text(n, "mode"))),
                texts(node, "images"), texts(node, "charts"), text(node, "fleet"));
    }

    private static Map<String, String> labels(JsonNode node) {
        Map<String, String> labels = new LinkedHashMap<>();
        node.properties().forEach(each -> labels.put(each.getKey(), each.getValue().asText()));
        return labels;
    }

    private static Map<String, List<String>> server(JsonNode node) {
        Map<String, List<String>> flags = new LinkedHashMap<>();
        node.properties().forEach(each -> flags.put(each.getKey(), each.getValue().isArray() ? items(each.getValue(), JsonNode::asText) : List.of(each.getValue().asText())));
        return flags;
    }

    private static <T> Optional<T> section(JsonNode parent, String name, Function<JsonNode, T> read) {
        return parent.path(name).isObject() ? Optional.of(read.apply(parent.path(name))) : Optional.empty();
    }

    private static Optional<String> text(JsonNode parent, String name) {
        return Optional.ofNullable(parent.path(name).textValue());
    }

    private static List<String> texts(JsonNode parent, String name) {
        return items(parent.path(name), JsonNode::asText);
    }

    private static <T> List<T> items(JsonNode array, Function<JsonNode, T> read) {
        List<T> items = new ArrayList<>();
        array.forEach(each -> items.add(read.apply(each)));
        return List.copyOf(items);
    }
}
