package io.skerry.helm.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.HelmException;
import io.skerry.helm.encoding.Trees;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes a chart, with its subcharts, of its files. */
final class ChartLoader {
    private ChartLoader() {}

    /** @param source put before file names in errors */
    static Chart load(Map<String, byte[]> files, String source) {
        ObjectNode tree = object(files, "Chart.yaml", source);
        if (tree == null) {
            throw new HelmException(source + "Chart.yaml file is missing");
        }
        List<Dependency> dependencies = new ArrayList<>();
        JsonNode declared = tree.path("dependencies");
        if (text(tree, "apiVersion").equals("v1") && files.containsKey("requirements.yaml")) {
            ObjectNode requirements = object(files, "requirements.yaml", source);
            declared = requirements == null ? declared : requirements.path("dependencies");
        }
        declared.forEach(d -> dependencies.add(Dependency.of(d)));
        validate(tree, dependencies, source);

        Map<String, byte[]> templates = new TreeMap<>();
        Map<String, byte[]> others = new TreeMap<>();
        Map<String, Map<String, byte[]>> nested = new TreeMap<>();
        files.forEach((name, data) -> {
            if (name.startsWith("templates/")) {
                templates.put(name, withoutMark(data));
            } else if (name.startsWith("charts/")) {
                String rest = name.substring("charts/".length());
                int slash = rest.indexOf('/');
                String first = slash < 0 ? rest : rest.substring(0, slash);
                if (slash >= 0 || rest.endsWith(".tgz")) {
                    nested.computeIfAbsent(first, _ -> new LinkedHashMap<>()).put(slash < 0 ? "" : rest.substring(slash + 1), data);
                }
            } else if (!CHART_FILES.contains(name)) {
                others.put(name, data);
            }
        });
        List<Chart> subcharts = new ArrayList<>();
        nested.forEach((name, parts) -> {
            if (name.startsWith("_") || name.startsWith(".")) {
                return;
            }
            String path = source + "charts/" + name;
            Map<String, byte[]> unpacked = parts.containsKey("") ? ChartArchive.unpack(parts.get(""), path) : parts;
            subcharts.add(load(unpacked, path + "/"));
        });
        Map<String, Object> values = files.containsKey("values.yaml") ? Trees.yamlMap(utf8(files.get("values.yaml")), source + "values.yaml") : new LinkedHashMap<>();
        return new Chart(new ChartMetadata(tree, dependencies), values, files.get("values.schema.json"), templates, others, subcharts);
    }

    private static final java.util.Set<String> CHART_FILES = java.util.Set.of("Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json");

    private static void validate(ObjectNode tree, List<Dependency> dependencies, String source) {
        String file = source + "Chart.yaml: ";
        if (text(tree, "apiVersion").isEmpty()) {
            throw new HelmException(file + "chart.metadata.apiVersion is required");
        }
        String name = text(tree, "name");
        if (name.isEmpty()) {
            throw new HelmException(file + "chart.metadata.name is required");
        }
        if (name.contains("/") || name.equals(".") || name.equals("..")) {
            throw new HelmException(file + "chart.metadata.name " + name + " is invalid: it must be the name of a folder");
        }
        if (text(tree, "version").isEmpty()) {
            throw new HelmException(file + "chart.metadata.version is required");
        }
        try {
            Version.parse(text(tree, "version"));
        } catch (IllegalArgumentException e) {
            throw new HelmException(file + "chart.metadata.version " + text(tree, "version") + " is invalid: it must be a semantic version");
        }
        String type = text(tree, "type");
        if (!type.isEmpty() && !type.equals("application") && !type.equals("library")) {
            throw new HelmException(file + "chart.metadata.type must be application or library");
        }
        List<String> seen = new ArrayList<>();
        for (Dependency d : dependencies) {
            String key = d.alias().isEmpty() ? d.name() : d.alias();
            if (d.name().isEmpty()) {
                throw new HelmException(file + "a dependency has no name");
            }
            if (!d.alias().matches("[a-zA-Z0-9_-]*")) {
                throw new HelmException(file + "dependency " + d.name() + " has disallowed characters in the alias");
            }
            if (seen.contains(key)) {
                throw new HelmException(file + "more than one dependency with name or alias " + key);
            }
            seen.add(key);
        }
    }

    private static ObjectNode object(Map<String, byte[]> files, String name, String source) {
        byte[] data = files.get(name);
        if (data == null) {
            return null;
        }
        List<Yaml.Document> documents;
        try {
            documents = Yaml.parseAllLastWins(utf8(data), source + name);
        } catch (YamlException e) {
            throw new HelmException("cannot load " + e.getMessage(), e);
        }
        if (documents.isEmpty() || !(documents.getFirst().root() instanceof ObjectNode o)) {
            throw new HelmException("cannot load " + source + name + ": it must be a map");
        }
        return o;
    }

    private static String text(ObjectNode n, String field) {
        JsonNode v = n.path(field);
        return v.isValueNode() && !v.isNull() ? v.asText() : "";
    }

    private static String utf8(byte[] data) {
        return new String(withoutMark(data), StandardCharsets.UTF_8);
    }

    /** Without a byte order mark, which some editors put in front. */
    private static byte[] withoutMark(byte[] b) {
        boolean mark = b.length >= 3 && b[0] == (byte) 0xef && b[1] == (byte) 0xbb && b[2] == (byte) 0xbf;
        return mark ? java.util.Arrays.copyOfRange(b, 3, b.length) : b;
    }
}
