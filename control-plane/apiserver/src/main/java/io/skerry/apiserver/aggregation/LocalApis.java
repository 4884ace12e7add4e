package io.skerry.apiserver.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keeps an APIService for each group version that this server serves itself, as clients expect to find (kube-aggregator's autoregister controller). Those
 * of built-in groups are looked after at start; those of CustomResourceDefinitions come and go with them.
 */
final class LocalApis implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LocalApis.class.getName());
    private static final User USER = User.master("system:kube-aggregator");
    private static final String PATH = "/apis/apiregistration.k8s.io/v1/apiservices";
    private static final String LABEL = "kube-aggregator.kubernetes.io/automanaged";
    private static final String ON_START = "onstart";
    private static final String ALWAYS = "true";
    /** May be given to another server (metrics-server) for good: made where there is none, and not looked after. */
    private static final String REPLACEABLE = "metrics.k8s.io";
    private static final long WAIT_MILLIS = 3_600_000;

    /** groupPriorityMinimum of built-in groups (pkg/controlplane/apiserver). */
    private static final Map<String, Integer> GROUPS = Map.ofEntries(Map.entry("", 18000), Map.entry("apps", 17800), Map.entry("events.k8s.io", 17750),
            Map.entry("authentication.k8s.io", 17700), Map.entry("authorization.k8s.io", 17600), Map.entry("autoscaling", 17500), Map.entry("batch", 17400),
            Map.entry("certificates.k8s.io", 17300), Map.entry("networking.k8s.io", 17200), Map.entry("policy", 17100), Map.entry("rbac.authorization.k8s.io", 17000),
            Map.entry("storage.k8s.io", 16800), Map.entry("apiextensions.k8s.io", 16700), Map.entry("admissionregistration.k8s.io", 16700),
            Map.entry("scheduling.k8s.io", 16600), Map.entry("coordination.k8s.io", 16500), Map.entry("node.k8s.io", 16300), Map.entry("discovery.k8s.io", 16200),
            Map.entry("flowcontrol.apiserver.k8s.io", 16100), Map.entry(REPLACEABLE, 100)); // the last as metrics-server's manifest has it
    /** versionPriority where it is not 15. */
    private static final Map<String, Integer> VERSIONS = Map.of("/v1", 1, "autoscaling/v2", 30, "flowcontrol.apiserver.k8s.io/v1", 21, REPLACEABLE + "/v1beta1", 100);
    private static final int VERSION = 15;
    private static final int CUSTOM_GROUP = 1000;
    private static final int CUSTOM_VERSION = 100;

    private final ApiHandler server;
    private final ServedTypes types;
    private final ResourceCache apiServices;
    private final Watcher definitions;

    /** @param definitions the CustomResourceDefinitions */
    LocalApis(ApiHandler server, ServedTypes types, ResourceCache apiServices, ResourceCache definitions) {
        this.server = server;
        this.types = types;
        this.apiServices = apiServices;
        this.definitions = definitions.follow("").watcher();
        Thread.ofVirtual().name("apiservice-registration").start(this::run);
    }

    private void run() {
        try {
            sync(true);
            while (!definitions.isEnded()) {
                if (definitions.poll(WAIT_MILLIS) != null) {
                    while (definitions.poll(0) != null) {
                        // one round answers to all changes that came meanwhile
                    }
                    sync(false);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @param start whether built-in groups are looked at too */
    private void sync(boolean start) throws InterruptedException {
        Map<String, ObjectNode> wanted = new TreeMap<>();
        for (ServedType type : types.all()) {
            if ((start || type.custom()) && !type.group().equals("apiregistration.k8s.io")) {
                ObjectNode apiService = apiService(type);
                wanted.putIfAbsent(Json.text(apiService, "metadata", "name"), apiService);
            }
        }
        List<Thread> writes = new ArrayList<>();
        wanted.forEach((name, apiService) -> writes.add(Thread.ofVirtual().name("apiservice " + name).start(() -> attempt(name, () -> ensure(name, apiService)))));
        for (Entry entry : apiServices.snapshot("").entries()) {
            boolean gone = Json.text(entry.tree(), "metadata", "labels", LABEL).equals(ALWAYS) && !wanted.containsKey(entry.name());
            if (gone) {
                writes.add(Thread.ofVirtual().name("apiservice " + entry.name())
                        .start(() -> attempt(entry.name(), () -> DirectCall.send(server, USER, "DELETE", PATH + "/" + entry.name(), null))));
            }
        }
        for (Thread write : writes) {
            write.join();
        }
    }

    private static ObjectNode apiService(ServedType type) {
        String version = type.type().version();
        ObjectNode apiService = Json.object().put("apiVersion", "apiregistration.k8s.io/v1").put("kind", "APIService");
        ObjectNode metadata = apiService.putObject("metadata").put("name", version + "." + type.group());
        if (!type.group().equals(REPLACEABLE)) {
            metadata.putObject("labels").put(LABEL, type.custom() ? ALWAYS : ON_START);
        }
        boolean known = GROUPS.containsKey(type.group());
        ObjectNode spec = apiService.putObject("spec");
        if (!type.group().isEmpty()) {
            spec.put("group", type.group());
        }
        spec.put("version", version).put("groupPriorityMinimum", GROUPS.getOrDefault(type.group(), CUSTOM_GROUP))
                .put("versionPriority", known ? VERSIONS.getOrDefault(type.group() + "/" + version, VERSION) : CUSTOM_VERSION);
        return apiService;
    }

    private void attempt(String name, Runnable write) {
        try {
            write.run();
        } catch (RuntimeException e) {
            if (!definitions.isEnded()) {
                LOG.log(System.Logger.Level.WARNING, "APIService " + name + " could not be kept: " + e.getMessage(), e);
            }
        }
    }

    private void ensure(String name, ObjectNode wanted) {
        Entry entry = apiServices.get(name);
        ObjectNode present = entry == null ? null : entry.tree();
        if (present == null) {
            DirectCall.Answer created = DirectCall.send(server, USER, "POST", PATH, wanted);
            if (created.code() != 201) {
                return; // another server was first
            }
            present = (ObjectNode) created.body();
        } else if (Json.text(present, "metadata", "labels", LABEL).isEmpty()) {
            return; // somebody's own
        } else if (!present.path("spec").equals(wanted.path("spec"))) {
            present.set("spec", wanted.get("spec"));
            DirectCall.Answer changed = DirectCall.send(server, USER, "PUT", PATH + "/" + name, present);
            if (changed.code() != 200) {
                return;
            }
            present = (ObjectNode) changed.body();
        }
        if (Json.at(present, "status", "conditions").isEmpty()) {
            Json.ensureObject(present, "status").putArray("conditions").addObject().put("type", "Available").put("status", "True")
                    .put("lastTransitionTime", Pipeline.now().toString()).put("reason", "Local").put("message", "Local APIServices are always available");
            DirectCall.send(server, USER, "PUT", PATH + "/" + name + "/status", present);
        }
    }

    @Override
    public void close() {
        definitions.close();
    }
}
