package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.service.Cidr;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What a cluster cannot be without is made at start when it is not there. */
public final class Bootstrap {
    private static final User USER = User.master("system:apiserver");
    private static final List<String> NAMESPACES = List.of("kube-system", "kube-public", "kube-node-lease", "default");

    private final ApiHandler server;
    private final ApiServerConfig config;
    private final FlowControl flowControl;
    private final Store store;
    private final boolean alone;

    /** @param alone whether no other server is on the datastore: then the kubernetes service leads to this one, which needs no {@link ServerLeases} */
    public Bootstrap(ApiHandler server, ApiServerConfig config, FlowControl flowControl, Store store, boolean alone) {
        this.server = server;
        this.config = config;
        this.flowControl = flowControl;
        this.store = store;
        this.alone = alone;
    }

    /** @throws IllegalStateException with the server's message when something cannot be made */
    public void run() {
        List<Runnable> first = new ArrayList<>(flowControl.levels());
        NAMESPACES.forEach(name -> first.add(() -> ensure("/api/v1/namespaces", object("v1", "Namespace", name))));
        concurrently(first);
        List<Runnable> rest = new ArrayList<>(flowControl.schemas());
        rest.add(() -> ensure("/api/v1/namespaces/default/serviceaccounts", object("v1", "ServiceAccount", "default")));
        rest.add(() -> priorityClass("system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."));
        rest.add(() -> priorityClass("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."));
        RoleReconciler roles = new RoleReconciler(server, USER, store);
        Roles.all().forEach(role -> rest.add(() -> roles.reconcile(role)));
        rest.add(this::serviceRange);
        rest.add(this::kubernetesService);
        if (alone && config.advertiseAddress() != null) {
            rest.add(() -> new KubernetesEndpoints(server, store, config.securePort()).show(List.of(config.advertiseAddress())));
        }
        concurrently(rest);
    }

    /** At once, so that all writes share a few commits: each is a write to flash. */
    private static void concurrently(List<Runnable> tasks) {
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (Runnable task : tasks) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            running.add(done);
            Thread.ofVirtual().name("bootstrap").start(() -> {
                try {
                    task.run();
                    done.complete(null);
                } catch (RuntimeException | Error e) {
                    done.completeExceptionally(e);
                }
            });
        }
        for (CompletableFuture<Void> each : running) {
            try {
                each.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }
    }

    private void priorityClass(String name, int value, String description) {
        ensure("/apis/scheduling.k8s.io/v1/priorityclasses", object("scheduling.k8s.io/v1", "PriorityClass", name).put("value", value)
                .put("description", description));
    }

    private void serviceRange() {
        ObjectNode range = object("networking.k8s.io/v1", "ServiceCIDR", "kubernetes");
        range.putObject("spec").putArray("cidrs").add(Cidr.parse(config.serviceCidr()).toString());
        ensure("/apis/networking.k8s.io/v1/servicecidrs", range);
    }

    static ObjectNode object(String apiVersion, String kind, String name) {
        ObjectNode object = Json.object().put("apiVersion", apiVersion).put("kind", kind);
        object.putObject("metadata").put("name", name);
        return object;
    }

    private void kubernetesService() {
        ObjectNode service = object("v1", "Service", "kubernetes");
        Json.ensureObject(service, "metadata", "labels").put("component", "apiserver").put("provider", "kubernetes");
        ObjectNode spec = service.putObject("spec").put("type", "ClusterIP").put("clusterIP", Cidr.parse(config.serviceCidr()).nth(1)).put("sessionAffinity", "None");
        spec.putArray("ports").addObject().put("name", "https").put("protocol", "TCP").put("port", 443).put("targetPort", config.securePort());
        String services = "/api/v1/namespaces/default/services";
        ensure(services, service);
        JsonNode present = get(services + "/kubernetes");
        if (Json.at(present, "spec", "ports").path(0).path("targetPort").asInt() != config.securePort()) {
            put(services + "/kubernetes", merged(present, "spec", spec));
        }
    }

    private static ObjectNode merged(JsonNode present, String field, ObjectNode wanted) {
        ObjectNode changed = present.deepCopy();
        Json.ensureObject(changed, field).setAll(wanted);
        return changed;
    }

    private JsonNode get(String path) {
        return DirectCall.send(server, USER, "GET", path, null).body();
    }

    /** Creates what is not there; what is there belongs to its users. */
    private void ensure(String collection, ObjectNode object) {
        String path = collection + "/" + Json.text(object, "metadata", "name");
        if (DirectCall.send(server, USER, "GET", path, null).code() == 404) {
            DirectCall.Answer answer = DirectCall.send(server, USER, "POST", collection, object);
            if (answer.code() != 409) {
                check(answer, path);
            }
        }
    }

    private void put(String path, ObjectNode object) {
        check(DirectCall.send(server, USER, "PUT", path, object), path);
    }

    private static void check(DirectCall.Answer answer, String path) {
        if (answer.code() >= 300) {
            throw new IllegalStateException("cannot set up " + path + ": " + Json.text(answer.body(), "message"));
        }
    }
}
