package io.skerry.apiserver.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What selectors look at, read from an object's bytes without building its tree.
 *
 * @param paths of the fields that were looked for
 */
record Selectable(Set<String> paths, Map<String, String> labels, Map<String, String> fields) {

    static Selectable read(byte[] bytes, Set<String> fieldPaths) {
        Map<String, String> labels = new HashMap<>();
        Map<String, String> fields = new HashMap<>();
        try (JsonParser parser = Json.MAPPER.createParser(bytes)) {
            parser.nextToken();
            object(parser, "", fieldPaths, labels, fields);
        } catch (IOException e) {
            throw new IllegalStateException("a cached object is not valid JSON: " + e.getMessage(), e);
        }
        return new Selectable(fieldPaths, labels.isEmpty() ? Map.of() : labels, fields.isEmpty() ? Map.of() : fields);
    }

    private static void object(JsonParser parser, String prefix, Set<String> wanted, Map<String, String> labels, Map<String, String> fields)
            throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String path = prefix.isEmpty() ? parser.currentName() : prefix + "." + parser.currentName();
            JsonToken value = parser.nextToken();
            if (path.equals("metadata.labels") && value == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String label = parser.currentName();
                    parser.nextToken();
                    labels.put(label, parser.getText());
                }
            } else if (value == JsonToken.START_OBJECT && (path.equals("metadata") || leadsToWanted(path, wanted))) {
                object(parser, path, wanted, labels, fields);
            } else if (value.isStructStart()) {
                parser.skipChildren();
            } else if (value != JsonToken.VALUE_NULL && wanted.contains(path)) {
                fields.put(path, parser.getText());
            }
        }
    }

    private static boolean leadsToWanted(String path, Set<String> wanted) {
        for (String field : wanted) {
            if (field.length() > path.length() && field.startsWith(path) && field.charAt(path.length()) == '.') {
                return true;
            }
        }
        return false;
    }
}
