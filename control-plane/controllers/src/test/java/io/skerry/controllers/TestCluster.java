package io.skerry.controllers;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.ControllerManager;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.workload.Pods;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/** A real API server on SQLite with the controllers under test; the test itself acts as the nodes. */
public final class TestCluster implements AutoCloseable {
    private final SqliteDatastore datastore;
    public final ApiServer server;
    public final KubernetesClient client;
    public final Informers informers;
    private final ControllerManager controllers;
    private final AtomicInteger address = new AtomicInteger(1);
    /** Which pods the acting node brings up; the others stay as they are. */
    public volatile Predicate<Pod> comesUp = p -> true;
    /** Where the server asks nodes for what they use. */
    public volatile NodeLocator nodes = name -> Optional.empty();

    public TestCluster(Path folder, Function<Informers, List<Controller>> controllers) {
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin(), name -> nodes.node(name));
        client = InProcessClient.create(server, User.master("test"));
        informers = new Informers(client);
        this.controllers = new ControllerManager(informers, controllers.apply(informers));
        this.controllers.start();
    }

    /** From now on every pod comes up ready, and one that is deleted gracefully ends, as on a node. */
    public TestCluster actAsNode() {
        informers.subscribe(Pod.class, (before, after) -> {
            if (after != null) Thread.ofVirtual().start(() -> act(after));
        });
        return this;
    }

    private void act(Pod pod) {
        try {
            if (Pods.isTerminating(pod)) {
                if (!Pods.isTerminal(pod)) phase(pod, "Failed");
                client.pods().inNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName()).withGracePeriod(0).delete();
            } else if (!Pods.isTerminal(pod) && !Pods.isReady(pod) && comesUp.test(pod)) {
                ready(pod, true);
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) throw e;
        }
    }

    /** Writes what a node writes about a running pod. */
    public void ready(Pod pod, boolean ready) {
        String status = ready ? "True" : "False", now = Instant.now().toString();
        int n = address.getAndIncrement();
        String ip = pod.getStatus() != null && pod.getStatus().getPodIP() != null ? pod.getStatus().getPodIP() : "10.42.0." + n;
        status(pod, "{\"status\":{\"phase\":\"Running\",\"podIP\":\"" + ip + "\",\"podIPs\":[{\"$patch\":\"replace\"},{\"ip\":\"" + ip
            + "\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":\"" + status
            + "\",\"lastTransitionTime\":\"" + now + "\"}]}}");
    }

    public void phase(Pod pod, String phase) {
        status(pod, "{\"status\":{\"phase\":\"" + phase + "\"}}");
    }

    public void status(Pod pod, String patch) {
        client.pods().inNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName()).subresource("status")
            .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch);
    }

    @SuppressWarnings("unchecked")
    public <T extends HasMetadata> T apply(String yaml) {
        return (T) client.resource(Serialization.unmarshal(Yaml.parseAll(yaml, "test").getFirst().root().toString(), HasMetadata.class)).createOr(r -> r.update());
    }

    public List<Pod> pods() {
        return client.pods().inNamespace("default").list().getItems();
    }

    public List<String> events(String reason) {
        return client.v1().events().inAnyNamespace().list().getItems().stream().filter(e -> e.getReason().equals(reason)).map(e -> e.getMessage()).toList();
    }

    public static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20)).ignoreExceptions().untilAsserted(assertion);
    }

    /** Asserts that something stays true for a while. */
    public static void stays(Callable<Boolean> condition, Duration time) {
        Awaitility.await().pollInterval(Duration.ofMillis(20)).during(time).atMost(time.plusSeconds(10)).until(condition);
    }

    @Override public void close() {
        controllers.close();
        informers.close();
        client.close();
        server.close();
        datastore.close();
    }
}
