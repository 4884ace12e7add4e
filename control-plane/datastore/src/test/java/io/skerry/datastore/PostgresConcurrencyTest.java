package io.skerry.datastore;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresConcurrencyTest extends DatastoreConcurrency {

    private static PostgresServer server;

    @BeforeAll
    static void startServer() throws Exception {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @Override
    Datastore open(DatastoreOptions options) {
        server.empty();
        return PostgresDatastore.open(server.endpoint(), options);
    }
}
