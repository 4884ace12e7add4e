package io.skerry.image.flash;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.ImageException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Puts a card's identity into the text of its skerry.yaml. The person who opens the file on a laptop later wants its comments: only
 * top-level keys whose value changes are rewritten, each as a block; the rest stays letter by letter.
 */
final class SettingsEdit {
    private SettingsEdit() {}

    /** @throws ImageException when the text is not one YAML mapping */
    static String apply(String text, String source, CardIdentity identity) {
        ObjectNode before = parse(text, source);
        ObjectNode wanted = before.deepCopy();
        identity.applyTo(wanted);
        String edited = text;
        for (Map.Entry<String, JsonNode> field : wanted.properties()) {
            if (!field.getValue().equals(before.get(field.getKey()))) {
                edited = replace(edited, field.getKey(), Yaml.write(Json.object().set(field.getKey(), field.getValue())));
            }
        }
        // Text in a style that lines do not tell apart (all in braces, say) is written anew.
        return wanted.equals(parseOrNull(edited, source)) ? edited : Yaml.write(wanted);
    }

    private static ObjectNode parse(String text, String source) {
        List<Yaml.Document> documents = Yaml.parseAll(text, source);
        if (documents.isEmpty()) {
            return Json.object();
        }
        if (documents.size() > 1 || !(documents.getFirst().root() instanceof ObjectNode root)) {
            throw new ImageException(source + " is not one YAML mapping of keys and values; put the image's own skerry.yaml back");
        }
        return root;
    }

    private static ObjectNode parseOrNull(String text, String source) {
        try {
            return parse(text, source);
        } catch (RuntimeException e) {
            return null;
        }
    }

    /** Puts {@code block} where the top-level {@code key} stands, or at the end. */
    private static String replace(String text, String key, String block) {
        List<String> out = new ArrayList<>();
        List<String> lines = text.lines().toList();
        boolean put = false;
        for (int i = 0; i < lines.size(); i++) {
            if (put || !lines.get(i).startsWith(key + ":")) {
                out.add(lines.get(i));
                continue;
            }
            out.addAll(block.lines().toList());
            put = true;
            int next = i + 1;
            while (next < lines.size() && (lines.get(next).startsWith(" ") || lines.get(next).startsWith("- ") || lines.get(next).equals("-"))) {
                next++;
            }
            i = next - 1;
        }
        if (!put) {
            out.addAll(block.lines().toList());
        }
        return String.join("\n", out) + "\n";
    }
}
