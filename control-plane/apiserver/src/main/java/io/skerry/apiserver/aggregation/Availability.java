package io.skerry.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.proxy.Exchange;
import io.skerry.apiserver.proxy.RemoteHeaders;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.webhook.WebhookException;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks each server of an APIService for its resources when the APIService changes and every half minute, keeps what it said for discovery, and tells
 * in the condition Available how that went (k8s.io/kube-aggregator, controllers/status). Where there is none, nothing is asked.
 */
final class Availability implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Availability.class.getName());
    private static final User USER = User.master("system:kube-aggregator");
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long AGAIN_MILLIS = 30_000;
    private static final long WAIT_MILLIS = 3_600_000;
    private static final int MAX_LIST = 4 << 20;

    private final ApiHandler server;
    private final ResourceCache cache;
    private final RemoteApis apis;
    private final RemoteClient client;
    private final Watcher watcher;
    private final Map<String, JsonNode> resources = new ConcurrentHashMap<>();
    private final AtomicLong changes = new AtomicLong();

    Availability(ApiHandler server, ResourceCache cache, RemoteApis apis, RemoteClient client) {
        this.server = server;
        this.cache = cache;
        this.apis = apis;
        this.client = client;
        watcher = cache.follow("").watcher();
        Thread.ofVirtual().name("apiservice-availability").start(this::run);
    }

    private void run() {
        try {
            while (!watcher.isEnded()) {
                probeAll();
                watcher.poll(apis.all().isEmpty() ? WAIT_MILLIS : AGAIN_MILLIS);
                while (watcher.poll(0) != null) {
                    // one round answers to all changes that came meanwhile
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void probeAll() throws InterruptedException {
        List<Thread> probes = new ArrayList<>();
        for (RemoteApi api : apis.all()) {
            probes.add(Thread.ofVirtual().name("apiservice-probe " + api.name()).start(() -> probe(api)));
        }
        for (Thread probe : probes) {
            probe.join();
        }
        resources.keySet().retainAll(apis.all().stream().map(RemoteApi::name).toList());
    }

    private void probe(RemoteApi api) {
        try {
            JsonNode list = list(api);
            if (!list.equals(resources.put(api.name(), list))) {
                changes.incrementAndGet();
            }
            condition(api, "True", "Passed", "all checks passed");
        } catch (WebhookException e) {
            boolean noService = cache(api) == null;
            condition(api, "False", noService ? "ServiceNotFound" : "MissingEndpoints", noService ? "service/" + api.service() + " in \"" + api.namespace() + "\" is not present"
                    : "endpoints for service/" + api.service() + " in \"" + api.namespace() + "\" have no addresses: " + e.getMessage());
        } catch (IOException e) {
            condition(api, "False", "FailedDiscoveryCheck", "failing or missing response from " + api + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "APIService " + api.name() + " could not be checked: " + e.getMessage(), e);
        }
    }

    private JsonNode cache(RemoteApi api) {
        DirectCall.Answer answer = DirectCall.send(server, USER, "GET", "/api/v1/namespaces/" + api.namespace() + "/services/" + api.service(), null);
        return answer.code() == 200 ? answer.body() : null;
    }

    /** The APIResourceList of a server. */
    private JsonNode list(RemoteApi api) throws WebhookException, IOException, InterruptedException {
        List<Map.Entry<String, String>> headers = new ArrayList<>(RemoteHeaders.of(USER));
        headers.add(Map.entry("Accept", "application/json"));
        try (Exchange exchange = client.send(api, "GET", api.path(), headers, new byte[0], TIMEOUT)) {
            byte[] body = exchange.body(MAX_LIST, TIMEOUT);
            if (exchange.status() != 200) {
                throw new IOException("bad status from " + api + ": " + exchange.status());
            }
            JsonNode list = Json.parse(body);
            if (!Json.text(list, "kind").equals("APIResourceList")) {
                throw new IOException("the answer is no APIResourceList");
            }
            return list;
        } catch (IllegalArgumentException e) {
            throw new IOException("the answer is not JSON: " + e.getMessage(), e);
        }
    }

    private void condition(RemoteApi api, String status, String reason, String message) {
        Entry entry = cache.get(api.name());
        if (entry == null || watcher.isEnded()) {
            return;
        }
        ObjectNode apiService = entry.tree();
        ArrayNode conditions = Json.array();
        String since = Pipeline.now().toString();
        for (JsonNode present : Json.at(apiService, "status", "conditions")) {
            if (!Json.text(present, "type").equals("Available")) {
                conditions.add(present);
            } else if (Json.text(present, "status").equals(status)) {
                if (Json.text(present, "reason").equals(reason) && Json.text(present, "message").equals(message)) {
                    return;
                }
                since = Json.text(present, "lastTransitionTime");
            }
        }
        conditions.addObject().put("type", "Available").put("status", status).put("lastTransitionTime", since).put("reason", reason).put("message", message);
        Json.ensureObject(apiService, "status").set("conditions", conditions);
        changes.incrementAndGet();
        // a conflict means that it has changed, which wakes this anyway
        DirectCall.send(server, USER, "PUT", "/apis/apiregistration.k8s.io/v1/apiservices/" + api.name() + "/status", apiService);
    }

    /** The APIResourceList that an API's server told last; null before it did. */
    JsonNode resources(RemoteApi api) {
        return resources.get(api.name());
    }

    boolean isAvailable(RemoteApi api) {
        Entry entry = cache.get(api.name());
        if (entry != null) {
            for (JsonNode condition : Json.at(entry.tree(), "status", "conditions")) {
                if (Json.text(condition, "type").equals("Available")) {
                    return Json.text(condition, "status").equals("True");
                }
            }
        }
        return false;
    }

    /** Grows with each change of what is told here. */
    long changes() {
        return changes.get();
    }

    @Override
    public void close() {
        watcher.close();
    }
}
