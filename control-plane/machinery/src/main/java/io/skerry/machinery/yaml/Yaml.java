package io.skerry.machinery.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * YAML as Kubernetes reads and writes it (sigs.k8s.io/yaml: YAML 1.1 scalars by go-yaml's rules, turned into JSON).
 */
public final class Yaml {

    private Yaml() {}

    /**
     * Parses a stream of YAML or JSON documents. Empty documents (nothing, comments, or null) are dropped.
     *
     * <p>Plain scalars resolve as go-yaml does: yes/no/on/off/y/n are booleans, 0o, 0x, 0b and a leading 0 make
     * integers, dates stay strings. A duplicate key, NaN and infinity are errors.
     *
     * @param source a name for error messages and {@link Document#source()}, usually the file's
     * @throws YamlException at the first error
     */
    public static List<Document> parseAll(String text, String source) throws YamlException {
        return YamlReader.read(text, source, true, true);
    }

    /**
     * As {@link #parseAll}, but plain yes/no/on/off/y/n, as values and as keys, stay strings: how Kustomize reads
     * (YAML 1.2's booleans, go-yaml v3).
     */
    public static List<Document> parseAllYaml12(String text, String source) throws YamlException {
        return YamlReader.read(text, source, false, true);
    }

    /** As {@link #parseAll}, but of a key that is there twice the last value counts: how Helm reads charts and what they render to. */
    public static List<Document> parseAllLastWins(String text, String source) throws YamlException {
        return YamlReader.read(text, source, true, false);
    }

    /** Writes one document in kubectl's style, keys in the tree's order, with a final newline and no "---". */
    public static String write(JsonNode node) {
        return YamlWriter.write(node);
    }

    /** One parsed document. */
    public record Document(JsonNode root, String source, int line, Lines lines) {
        /**
         * The line (1-based) of the value under this JSON pointer (RFC 6901); of a field, the line of its key. When
         * the pointer leads nowhere, the line of the nearest parent that exists.
         */
        public int lineOf(String jsonPointer) {
            return lines.of(jsonPointer);
        }
    }
}
