package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.ClusterAccess;
import io.skerry.helm.HelmException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Runs a release's hooks, and records in the release how they went. */
final class HookRunner {
    private static final String BEFORE = "before-hook-creation";

    private final ClusterAccess cluster;
    private final ReleaseObjects objects;
    private final ReleaseStore store;
    private final Clock clock;

    HookRunner(ClusterAccess cluster, ReleaseObjects objects, ReleaseStore store, Clock clock) {
        this.cluster = cluster;
        this.objects = objects;
        this.store = store;
        this.clock = clock;
    }

    /**
     * Runs the hooks of an event, one after the other by weight, kind and name; a Job or Pod is waited for.
     * @param timeout for each hook
     * @throws HelmException when one fails or is not done in time
     */
    void run(Release release, String event, Duration timeout) throws InterruptedException {
        List<ObjectNode> hooks = new ArrayList<>();
        for (JsonNode h : release.document().path("hooks")) {
            for (JsonNode e : h.path("events")) {
                if (e.asText().equals(event)) {
                    hooks.add((ObjectNode) h);
                }
            }
        }
        hooks.sort(Comparator.<ObjectNode>comparingInt(h -> h.path("weight").asInt()).thenComparing(h -> Json.text(h, "name")));
        for (ObjectNode hook : hooks) {
            ObjectNode object = objects.locate((ObjectNode) Yaml.parseAllLastWins(Json.text(hook, "manifest"), Json.text(hook, "path")).getFirst().root(), release.namespace());
            if (policies(hook).contains(BEFORE)) {
                deleteAndWait(object, timeout);
            }
            ObjectNode run = hook.putObject("last_run");
            run.put("started_at", clock.instant().toString()).put("completed_at", "").put("phase", "Running");
            store.update(release);
            String problem = execute(object, timeout);
            run.put("completed_at", clock.instant().toString()).put("phase", problem == null ? "Succeeded" : "Failed");
            store.update(release);
            if (problem != null) {
                if (policies(hook).contains("hook-failed")) {
                    deleteAndWait(object, timeout);
                }
                throw new HelmException(event + " hook " + Json.text(hook, "path") + " failed: " + problem);
            }
        }
        for (ObjectNode hook : hooks.reversed()) {
            if (policies(hook).contains("hook-succeeded")) {
                ObjectNode object = objects.locate((ObjectNode) Yaml.parseAllLastWins(Json.text(hook, "manifest"), Json.text(hook, "path")).getFirst().root(), release.namespace());
                deleteAndWait(object, timeout);
            }
        }
    }

    private static List<String> policies(ObjectNode hook) {
        List<String> out = new ArrayList<>();
        hook.path("delete_policies").forEach(p -> out.add(p.asText()));
        return out.isEmpty() ? List.of(BEFORE) : out;
    }

    /** @return what went wrong, or null */
    private String execute(ObjectNode object, Duration timeout) throws InterruptedException {
        ReleaseObjects.Id id = ReleaseObjects.Id.of(object);
        try {
            cluster.create((ObjectNode) ThreeWayMerge.withoutNulls(object));
        } catch (RuntimeException e) {
            return "cannot create " + id + ": " + e.getMessage();
        }
        JsonNode[] last = new JsonNode[1];
        boolean done = cluster.waitUntil(Json.text(object, "apiVersion"), id.kind(), id.namespace(), id.name(), o -> {
            last[0] = o;
            return Readiness.finished(o);
        }, timeout);
        if (!done) {
            return id + " is not done after " + timeout.toSeconds() + " s";
        }
        return Readiness.failed(last[0]) ? id + " failed" + reason(last[0]) : null;
    }

    private static String reason(JsonNode o) {
        for (JsonNode c : o.path("status").path("conditions")) {
            if (c.path("type").asText().equals("Failed") && !c.path("message").asText().isEmpty()) {
                return ": " + c.path("reason").asText() + ": " + c.path("message").asText();
            }
        }
        return "";
    }

    private void deleteAndWait(ObjectNode object, Duration timeout) throws InterruptedException {
        ReleaseObjects.Id id = ReleaseObjects.Id.of(object);
        String apiVersion = Json.text(object, "apiVersion");
        if (cluster.get(apiVersion, id.kind(), id.namespace(), id.name()) == null) {
            return;
        }
        cluster.delete(apiVersion, id.kind(), id.namespace(), id.name());
        if (!cluster.waitUntil(apiVersion, id.kind(), id.namespace(), id.name(), o -> o == null, timeout)) {
            throw new HelmException("the hook's " + id + " is not gone after " + timeout.toSeconds() + " s");
        }
    }
}
