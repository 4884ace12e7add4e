package io.skerry.apiserver;

import io.skerry.apiserver.node.NodeLocator;
import io.skerry.datastore.Datastore;
import io.skerry.machinery.schema.TypeTable;
import java.util.Optional;

/** The API server. */
public final class ApiServer implements ApiHandler, AutoCloseable {
    public ApiServer(ApiServerConfig config, Datastore datastore, TypeTable types) {
        this(config, datastore, types, name -> Optional.empty());
    }

    public ApiServer(ApiServerConfig config, Datastore datastore, TypeTable types, NodeLocator nodes) {
    }

    @Override
    public void handle(ApiRequest request, ApiResponse response) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
    }
}
