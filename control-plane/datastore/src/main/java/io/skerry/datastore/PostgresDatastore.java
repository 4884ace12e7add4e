package io.skerry.datastore;

/**
 * A store in a PostgreSQL database, which several servers may share: all see each other's writes as they are committed. A write is
 * as durable as the database's {@code synchronous_commit} makes it.
 */
public final class PostgresDatastore extends RevisionedDatastore {

    private PostgresDatastore(PostgresEndpoint endpoint, DatastoreOptions options) {
        super(new PostgresDialect(endpoint), options);
    }

    /**
     * Connects, and makes the tables when they are not there.
     *
     * @param endpoint {@code postgres://user:password@host:port/database?sslmode=...}
     * @throws DatastoreException when the endpoint is wrong, or the database cannot be reached or refuses the user
     */
    public static PostgresDatastore open(String endpoint, DatastoreOptions options) {
        return new PostgresDatastore(PostgresEndpoint.parse(endpoint), options);
    }
}
