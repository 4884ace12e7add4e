package io.skerry.apiserver.registry;

import io.skerry.apiserver.cache.Entry;
import java.util.List;
import java.util.Set;

/**
 * A field that field selectors may name.
 *
 * @param label  its name in a selector
 * @param paths  where it is in the stored object; the first that has a value counts
 * @param absent its value when no path has one: Go's zero value, as upstream formats it
 */
public record SelectableField(String label, List<String> paths, String absent) {

    public static SelectableField text(String label) {
        return new SelectableField(label, List.of(label), "");
    }

    static SelectableField flag(String label) {
        return new SelectableField(label, List.of(label), "false");
    }

    static SelectableField count(String label) {
        return new SelectableField(label, List.of(label), "0");
    }

    SelectableField at(String... paths) {
        return new SelectableField(label, List.of(paths), absent);
    }

    /** @param read all paths that are read of the entry */
    String value(Entry entry, Set<String> read) {
        for (String path : paths) {
            String value = entry.field(path, read);
            if (!value.isEmpty()) {
                return value;
            }
        }
        return absent;
    }
}
