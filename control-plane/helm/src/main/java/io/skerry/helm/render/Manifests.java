package io.skerry.helm.render;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.HelmException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Rendered files cut into objects: hooks apart, the rest in install order. */
final class Manifests {
    static final String HOOK = "helm.sh/hook";
    private static final Set<String> EVENTS = Set.of("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback",
        "post-rollback", "test", "test-success");

    final List<Manifest> objects = new ArrayList<>();
    final List<Hook> hooks = new ArrayList<>();

    /** @param files rendered texts by path, in the paths' order */
    Manifests(Map<String, String> files) {
        files.forEach((path, text) -> {
            String base = path.substring(path.lastIndexOf('/') + 1);
            if (!base.startsWith("_") && !text.isBlank()) {
                for (Manifest m : split(path, text)) {
                    sort(m);
                }
            }
        });
        objects.sort((a, b) -> InstallOrder.compareForInstall(a.kind(), b.kind()));
        hooks.sort((a, b) -> InstallOrder.compareForInstall(a.manifest().kind(), b.manifest().kind()));
    }

    /**
     * The documents of one file, but for empty ones; one that has only comments has an empty object.
     * @throws HelmException naming the file and the line in the rendered text
     */
    static List<Manifest> split(String path, String text) {
        List<Manifest> out = new ArrayList<>();
        for (String content : documents(text.strip())) {
            List<Yaml.Document> documents;
            try {
                documents = Yaml.parseAllLastWins(content, path);
            } catch (YamlException e) {
                throw new HelmException("YAML parse error on " + path + ": error converting YAML to JSON: yaml: line " + e.line() + ": " + problem(e), e);
            }
            if (documents.isEmpty()) {
                // Only comments: no object, but Helm keeps the text.
                out.add(new Manifest(path, content, Json.object()));
            }
            for (Yaml.Document d : documents) {
                if (!(d.root() instanceof ObjectNode o)) {
                    throw new HelmException("YAML parse error on " + path + ": error unmarshaling JSON: while decoding JSON: json: cannot unmarshal " + kind(d.root())
                        + " into Go value of type releaseutil.SimpleHead");
                }
                out.add(new Manifest(path, content, o));
            }
        }
        return out;
    }

    /**
     * Cuts at lines that begin with "---", as Helm's expression {@code (?:^|\s*\n)---\s*} does: the white space behind a separator
     * belongs to it, so that one right behind another is none.
     */
    private static List<String> documents(String text) {
        List<String> out = new ArrayList<>();
        int start = 0;
        int from = 0;
        while (true) {
            int at = text.indexOf("---", from);
            if (at < 0) {
                break;
            }
            from = at + 1;
            if (at > start && text.charAt(at - 1) == '\n' || at == 0) {
                add(out, text.substring(start, at));
                start = at + 3;
                while (start < text.length() && isSpace(text.charAt(start))) {
                    start++;
                }
                from = start;
            }
        }
        add(out, text.substring(start));
        return out;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r' && c != 11;
    }

    private static void add(List<String> out, String part) {
        if (!part.isBlank()) {
            out.add(part.strip());
        }
    }

    private static String problem(YamlException e) {
        String prefix = e.source() + ":" + e.line() + ":" + e.column() + ": ";
        return e.getMessage().startsWith(prefix) ? e.getMessage().substring(prefix.length()) : e.getMessage();
    }

    private static String kind(JsonNode n) {
        return n.isBoolean() ? "bool" : n.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }

    private void sort(Manifest m) {
        JsonNode annotations = m.object().path("metadata").path("annotations");
        JsonNode events = annotations.path(HOOK);
        if (!events.isTextual()) {
            objects.add(m);
            return;
        }
        List<String> on = new ArrayList<>();
        for (String e : events.textValue().split(",")) {
            String event = e.strip().toLowerCase(java.util.Locale.ROOT);
            if (!EVENTS.contains(event)) {
                // As Helm does: an object with an unknown hook is neither a hook nor part of the release.
                return;
            }
            on.add(event.equals("test-success") ? "test" : event);
        }
        hooks.add(new Hook(m, on, weight(annotations.path("helm.sh/hook-weight").asText("0")), list(annotations.path("helm.sh/hook-delete-policy").asText(""))));
    }

    private static int weight(String s) {
        try {
            return Integer.parseInt(s.strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static List<String> list(String s) {
        List<String> out = new ArrayList<>();
        for (String p : s.split(",")) {
            if (!p.isBlank()) {
                out.add(p.strip().toLowerCase(java.util.Locale.ROOT));
            }
        }
        return out;
    }

    static String stream(List<Manifest> manifests) {
        StringBuilder out = new StringBuilder();
        for (Manifest m : manifests) {
            out.append("---\n# Source: ").append(m.source()).append('\n').append(m.text()).append('\n');
        }
        return out.toString();
    }
}
