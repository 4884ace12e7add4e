package io.skerry.datastore;

import java.nio.file.Path;

/** Opens the store that an endpoint names, in k3s's form. */
public final class Datastores {

    private Datastores() {}

    /**
     * @param endpoint {@code postgres://...}, {@code sqlite://FILE}, or null or empty for the embedded one
     * @param embedded the file of the embedded store
     * @throws DatastoreException when the endpoint is of no known kind, or the store cannot be opened
     */
    public static Datastore open(String endpoint, Path embedded, DatastoreOptions options) {
        Path file = file(endpoint, embedded);
        return file != null ? SqliteDatastore.open(file, options) : PostgresDatastore.open(endpoint, options);
    }

    /** The same; a damaged embedded store is replaced by its newest good snapshot, which the log tells as an error. */
    public static Datastore openOrRestore(String endpoint, Path embedded, DatastoreOptions options) {
        try {
            return open(endpoint, embedded, options);
        } catch (SqliteFile.DamagedException e) {
            SqliteRecovery.restore(file(endpoint, embedded), e);
            return open(endpoint, embedded, options);
        }
    }

    /** The file of an SQLite endpoint, null when the endpoint is a database server. */
    public static Path file(String endpoint, Path embedded) {
        if (endpoint == null || endpoint.isEmpty() || endpoint.equals("sqlite") || endpoint.equals("sqlite://")) {
            return embedded;
        }
        int scheme = endpoint.indexOf("://");
        switch (scheme < 0 ? "" : endpoint.substring(0, scheme)) {
            case "sqlite" -> {
                String path = endpoint.substring(scheme + 3);
                if (path.contains("?")) {
                    throw new DatastoreException("the datastore endpoint " + endpoint + " has parameters, which sqlite:// does not take; write sqlite:///path/to/state.db");
                }
                return Path.of(path);
            }
            case "postgres", "postgresql" -> {
                return null;
            }
            default -> throw new DatastoreException("the datastore endpoint is of no known kind; write postgres://user:password@host:port/database or"
                + " sqlite:///path/to/state.db");
        }
    }
}
