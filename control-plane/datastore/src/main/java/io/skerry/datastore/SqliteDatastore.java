package io.skerry.datastore;

import java.nio.file.Path;

/**
 * The embedded store: one SQLite file in WAL mode, with {@code -wal}, {@code -shm} and {@code .lock} files beside it.
 * A durable write is fsynced before it returns.
 */
public final class SqliteDatastore extends RevisionedDatastore {

    private SqliteDatastore(Path file, DatastoreOptions options) {
        super(new SqliteDialect(file, options.damaged()), options);
    }

    /**
     * Opens the file, or makes it (mode 0600) and its folder.
     *
     * @throws DatastoreException when it cannot be read or written, is damaged, is not a skerry store, or is open elsewhere
     */
    public static SqliteDatastore open(Path file) {
        return open(file, DatastoreOptions.defaults());
    }

    public static SqliteDatastore open(Path file, DatastoreOptions options) {
        while (true) {
            try {
                return new SqliteDatastore(file, options);
            } catch (DiskFullException e) {
                if (!options.ballast().give()) {
                    throw e;
                }
            }
        }
    }
}
