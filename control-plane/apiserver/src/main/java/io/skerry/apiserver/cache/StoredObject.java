package io.skerry.apiserver.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Looks whether what a disk gives back is still the object that was written: its values carry no checksum, and one flipped bit must not keep
 * a server from starting, nor break the lists that its clients read.
 */
final class StoredObject {
    private static final byte[] ENCRYPTED = "k8s:enc:".getBytes(StandardCharsets.US_ASCII);

    private StoredObject() {
    }

    /**
     * What is wrong with a value, or null.
     *
     * @param name the object's name, as its key has it
     */
    static String problem(String name, byte[] stored) {
        String first = quickProblem(stored);
        if (first != null) {
            return first;
        }
        try (JsonParser parser = Json.MAPPER.createParser(stored)) {
            parser.nextToken();
            String found = null;
            for (String wanted : new String[] {"apiVersion", "kind", "metadata"}) {
                if (!wanted.equals(parser.nextFieldName()) || parser.nextToken() != (wanted.equals("metadata") ? JsonToken.START_OBJECT : JsonToken.VALUE_STRING)) {
                    return "it is no API object any more: " + wanted + " is not where it was written";
                }
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean named = parser.currentName().equals("name");
                JsonToken value = parser.nextToken();
                if (named && value == JsonToken.VALUE_STRING) {
                    found = parser.getText();
                }
                parser.skipChildren();
            }
            int depth = 1;
            while (depth > 0) {
                JsonToken token = parser.nextToken();
                if (token == null) {
                    return "it is no JSON any more: it ends too early";
                }
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            }
            if (parser.nextToken() != null) {
                return "it is no JSON any more: something follows it";
            }
            return name.equals(found) ? null : "its name is not that of its key any more";
        } catch (IOException | IllegalArgumentException e) {
            return "it is no JSON any more";
        }
    }

    /** As {@link #problem}, but looks only at the beginning. */
    static String quickProblem(byte[] stored) {
        if (stored.length > 1 && stored[0] == '{') {
            return Entry.hasMetadata(stored) ? null : "it is no API object any more: it has no metadata";
        }
        for (int i = 0; i < ENCRYPTED.length; i++) {
            if (i >= stored.length || stored[i] != ENCRYPTED[i]) {
                return "it is no JSON any more";
            }
        }
        return "it cannot be decrypted: the value, or its key in the encryption configuration, was changed";
    }
}
