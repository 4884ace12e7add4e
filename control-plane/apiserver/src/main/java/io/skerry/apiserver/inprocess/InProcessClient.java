package io.skerry.apiserver.inprocess;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.impl.KubernetesClientImpl;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;

/**
 * A fabric8 client whose transport is a direct call of the API server's handler: no socket, no TLS, no copy of bodies.
 * Exec, attach and port-forward need WebSockets and fail; everything else behaves as over the network.
 */
public final class InProcessClient {
    private InProcessClient() {
    }

    /** A client that acts as one user. Closing it ends its watches; the handler stays open. */
    public static KubernetesClient create(ApiHandler handler, User user) {
        // Config.empty(): nothing is read from the environment or from ~/.kube
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://in-process/")
                .withOnlyHttpWatches(true)
                // a failure inside one process does not go away by asking again
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout(60_000)
                .withNamespace("default")
                .build();
        InProcessHttpClient.Factory factory = new InProcessHttpClient.Factory(handler, user);
        // Not fabric8's default, which loads all of its 10,000 types at the first watch. Whoever watches a type registers it.
        KubernetesSerialization serialization = new KubernetesSerialization(new ObjectMapper(), false);
        serialization.registerKubernetesResource(Status.class);
        return new KubernetesClientImpl(factory.newBuilder(config).build(), config, () -> task -> Thread.ofVirtual().name("api-client").start(task), serialization);
    }
}
