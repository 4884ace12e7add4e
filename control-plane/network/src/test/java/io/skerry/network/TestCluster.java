package io.skerry.network;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.controllers.runtime.Informers;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.nio.file.Path;

/** A real API server on SQLite; no controller writes beside the test. */
public final class TestCluster implements AutoCloseable {

    private final SqliteDatastore datastore;
    private final ApiServer server;
    public final KubernetesClient client;
    public final Informers informers;

    public TestCluster(Path folder) {
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin());
        client = InProcessClient.create(server, User.master("test"));
        informers = new Informers(client);
    }

    public void apply(String yaml) {
        for (var document : Yaml.parseAll(yaml, "test")) {
            client.resource(Serialization.unmarshal(document.root().toString(), HasMetadata.class)).createOr(resource -> resource.update());
        }
    }

    @Override
    public void close() {
        informers.close();
        client.close();
        server.close();
        datastore.close();
    }
}
