package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.datastore.Stored;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is on disk while a server runs: a copy of the datastore's files at that moment tells, as a power cut would. */
final class PowerCut {
    private final Path folder;
    private int copies;

    /** @param folder the running server's */
    PowerCut(Path folder) {
        this.folder = folder;
    }

    /** The object that would be there after a power cut now, or null. */
    ObjectNode leaves(String key) throws IOException {
        Path copy = Files.createDirectory(folder.resolve("copy-" + copies++));
        for (String file : new String[] {"state.db", "state.db-wal"}) {
            Files.copy(folder.resolve(file), copy.resolve(file));
        }
        try (SqliteDatastore store = SqliteDatastore.open(copy.resolve("state.db"))) {
            Stored object = store.get(key);
            return object == null ? null : (ObjectNode) Json.parse(object.value());
        }
    }
}
