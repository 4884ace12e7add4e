package io.skerry.machinery.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds names that an object has twice. A tree can't show them, as the last one wins (KEP-2885 wants a warning or an error).
 */
public final class DuplicateFields {

    private DuplicateFields() {}

    private static final class Level {
        /** names seen; null for a list */
        final Set<String> names;
        final String path;
        int index = -1;
        String child = "";

        Level(boolean object, String path) {
            this.names = object ? new HashSet<>() : null;
            this.path = path;
        }
    }

    /**
     * Paths such as "spec.replicas" of each name that comes again, in the order of the text.
     *
     * @throws IllegalArgumentException when the text is no JSON
     */
    public static List<String> find(byte[] json) {
        List<String> out = new ArrayList<>();
        Deque<Level> open = new ArrayDeque<>();
        try (JsonParser parser = Json.MAPPER.createParser(json)) {
            for (JsonToken t = parser.nextToken(); t != null; t = parser.nextToken()) {
                Level level = open.peek();
                switch (t) {
                    case FIELD_NAME -> {
                        level.child = level.path.isEmpty() ? parser.currentName() : level.path + "." + parser.currentName();
                        if (!level.names.add(parser.currentName())) {
                            out.add(level.child);
                        }
                    }
                    case END_OBJECT, END_ARRAY -> open.pop();
                    default -> {
                        if (level != null && level.names == null) {
                            level.index++;
                            level.child = level.path + "[" + level.index + "]";
                        }
                        if (t == JsonToken.START_OBJECT || t == JsonToken.START_ARRAY) {
                            open.push(new Level(t == JsonToken.START_OBJECT, level == null ? "" : level.child));
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("invalid JSON: " + e.getMessage(), e);
        }
        return out;
    }
}
