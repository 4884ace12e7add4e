package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.gitops.GitOpsStatus.ObjectStatus;
import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.GitOpsStatus.TargetStatus;
import io.skerry.gitops.fleet.Target;
import io.skerry.gitops.journal.ObjectKey;
import io.skerry.gitops.kustomize.Rendered;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Brings plans into a cluster and tells how their objects are. For one thread, but for the listener's calls. */
public final class Applier implements AutoCloseable {

    private static final Duration ESTABLISH = Duration.ofSeconds(10);

    private final Api api;
    private final ClusterWatch watch;

    /**
     * @param changed told, on another thread, of changes to applied objects: whether more than the health may have changed
     */
    public Applier(KubernetesClient client, Consumer<Boolean> changed) {
        api = new Api(client);
        watch = new ClusterWatch(api, changed::accept);
    }

    /**
     * Problems in a plan, or in carrying it out.
     *
     * @param passing  it may go better later without a new commit
     * @param answered the API server answered, and the answer was no
     */
    public record Outcome(List<Problem> problems, boolean passing, boolean answered) {

        public static final Outcome GOOD = new Outcome(List.of(), false, true);

        static Outcome of(List<Problem> problems, ApiException e) {
            return new Outcome(problems, e.passing(), e.code() > 0);
        }

        public boolean good() {
            return problems.isEmpty();
        }
    }

    /** Gives namespaced objects without a namespace the namespace "default", so that their names in the journal are whole. */
    public Outcome prepare(Plan plan) {
        try {
            for (Target target : plan.targets()) {
                for (Rendered rendered : target.objects()) {
                    ObjectNode object = rendered.object();
                    Optional<Api.Type> type = api.type(Json.text(object, "apiVersion"), Json.text(object, "kind"));
                    boolean namespaced = type.map(Api.Type::namespaced).orElseGet(() -> namespacedByPlan(plan, object));
                    ObjectNode metadata = object.withObject("/metadata");
                    if (!namespaced) metadata.remove("namespace");
                    else if (Json.text(metadata, "namespace").isEmpty()) metadata.put("namespace", "default");
                }
            }
            return Outcome.GOOD;
        } catch (ApiException e) {
            return Outcome.of(List.of(new Problem("", 0, e.getMessage())), e);
        }
    }

    private static boolean namespacedByPlan(Plan plan, JsonNode object) {
        String group = Json.text(object, "apiVersion").replaceFirst("/[^/]*$", "");
        return plan.targets().stream().flatMap(target -> target.objects().stream()).map(Rendered::object)
                .filter(crd -> Json.text(crd, "kind").equals("CustomResourceDefinition") && Json.text(crd, "spec", "group").equals(group)
                        && Json.text(crd, "spec", "names", "kind").equals(Json.text(object, "kind")))
                .noneMatch(crd -> Json.text(crd, "spec", "scope").equals("Cluster"));
    }

    /** Asks the API server about the whole plan; changes nothing. */
    public Outcome dryRun(Plan plan) {
        DryRun.Result result = new DryRun(api).check(plan);
        return new Outcome(result.problems(), result.passing(), true);
    }

    /** Groups of Targets to be applied one after the other; between them the earlier have to become healthy. */
    public List<List<Target>> waves(Plan plan) {
        return plan.waves();
    }

    /** Applies the objects of some Targets; what is as it should be already is not written. Stops at the first error. */
    public Outcome apply(List<Target> targets) {
        List<Staged> objects = new ArrayList<>();
        for (Target target : targets) {
            for (Rendered rendered : target.objects()) {
                ObjectKey key = Plan.key(target, rendered);
                objects.add(new Staged(rendered, key, Api.stage(key, !key.namespace().isEmpty())));
            }
        }
        objects.sort(Comparator.comparingInt(Staged::stage));
        for (int i = 0; i < objects.size(); i++) {
            Staged staged = objects.get(i);
            try {
                if (i > 0 && objects.get(i - 1).stage() == 0 && staged.stage() > 0) awaitDefinitions(objects);
                Api.Type type = api.type(staged.key().apiVersion(), staged.key().kind())
                        .orElseThrow(() -> new ApiException(0, Json.object(), "the cluster knows no kind " + staged.key().kind() + " in " + staged.key().apiVersion(), null));
                watch.applied(api.apply(type, staged.rendered().object(), false));
            } catch (ApiException e) {
                return Outcome.of(DryRun.problems(staged.rendered(), e), e);
            }
        }
        return Outcome.GOOD;
    }

    private record Staged(Rendered rendered, ObjectKey key, int stage) {}

    /** Objects of a new kind can be made once its definition is established. */
    private void awaitDefinitions(List<Staged> objects) throws ApiException {
        long deadline = System.nanoTime() + ESTABLISH.toNanos();
        for (Staged staged : objects) {
            if (staged.stage() > 0) break;
            Api.Type definitions = api.type(staged.key().apiVersion(), staged.key().kind()).orElseThrow();
            while (true) {
                Optional<ObjectNode> crd = api.get(definitions, "", staged.key().name());
                if (crd.isPresent() && Health.of(crd.get()).healthy()) break;
                if (System.nanoTime() > deadline) throw new ApiException(0, Json.object(), "the CustomResourceDefinition " + staged.key().name() + " was not established in time", null);
                try {
                    // Establishing takes milliseconds and happens once a definition: a watch would cost more.
                    Thread.sleep(50);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new ApiException(0, Json.object(), "interrupted", e);
                }
            }
        }
        api.forgetTypes();
    }

    /**
     * Deletes objects that are no longer wanted, those first that may need others.
     *
     * @param deleted gets what is gone or to be left alone
     */
    public Outcome prune(List<ObjectKey> unwanted, List<ObjectKey> deleted) {
        List<ObjectKey> ordered = new ArrayList<>(unwanted);
        ordered.sort(Comparator.comparingInt((ObjectKey key) -> Api.stage(key, !key.namespace().isEmpty())).reversed());
        for (ObjectKey key : ordered) {
            try {
                if (key.prune()) api.delete(key);
                deleted.add(key);
            } catch (ApiException e) {
                return Outcome.of(List.of(new Problem("", 0, key + " can't be deleted: " + e.getMessage())), e);
            }
        }
        return Outcome.GOOD;
    }

    /** Watches the kinds of a plan's objects from now on. */
    public Outcome watch(Plan plan) {
        Map<Api.Type, String> kinds = new HashMap<>();
        try {
            for (ObjectKey key : plan.keys()) {
                Optional<Api.Type> type = api.type(key.apiVersion(), key.kind());
                type.ifPresent(value -> kinds.put(value, key.kind()));
            }
        } catch (ApiException e) {
            return Outcome.of(List.of(new Problem("", 0, e.getMessage())), e);
        }
        watch.watch(kinds);
        return Outcome.GOOD;
    }

    /** Whether {@link #status} knows of all objects; not so for the moments after a start. */
    public boolean knowsHealth() {
        return watch.complete();
    }

    /** How a Target's objects are, by what the watches brought. */
    public TargetStatus status(Target target) {
        int healthy = 0;
        List<ObjectStatus> unhealthy = new ArrayList<>();
        for (Rendered rendered : target.objects()) {
            ObjectKey key = Plan.key(target, rendered);
            Health health = watch.health(key);
            if (health.healthy() && key.kind().equals("HelmChart") && key.group().equals("helm.cattle.io")) health = release(rendered.object());
            if (health.healthy()) healthy++;
            else unhealthy.add(new ObjectStatus(key.apiVersion(), key.kind(), key.namespace(), key.name(), health.state().name(), health.message()));
        }
        return new TargetStatus(target.name(), target.path(), target.objects().size(), healthy, List.copyOf(unhealthy));
    }

    /** A HelmChart is ready when its release is installed; the pods of the release may not be. */
    private Health release(JsonNode chart) {
        String namespace = Json.text(chart, "spec", "targetNamespace");
        return watch.release(namespace.isEmpty() ? Json.text(chart, "metadata", "namespace") : namespace, Json.text(chart, "metadata", "name"));
    }

    /** What keeps a workload's pods from being ready, as they tell; "" when they tell nothing. */
    public String podTrouble(ObjectStatus object) {
        Map<String, String> reasons = new TreeMap<>();
        try {
            Optional<Api.Type> type = api.type(object.apiVersion(), object.kind());
            if (type.isEmpty()) return "";
            JsonNode labels = api.get(type.get(), object.namespace(), object.name()).map(found -> Json.at(found, "spec", "selector", "matchLabels")).orElse(Json.object());
            if (!labels.isObject() || labels.isEmpty()) return "";
            StringBuilder selector = new StringBuilder();
            labels.properties().forEach(label -> selector.append(selector.isEmpty() ? "" : ",").append(label.getKey()).append('=').append(label.getValue().asText()));
            for (JsonNode pod : api.list(new Api.Type("v1", "pods", true), object.namespace(), selector.toString()).path("items")) {
                if (pod instanceof ObjectNode node) node.put("apiVersion", "v1").put("kind", "Pod");
                if (!Health.of(pod).healthy()) reasons.put(Health.podTrouble(pod), Json.text(pod, "metadata", "name"));
            }
        } catch (ApiException e) {
            return "";
        }
        return String.join("; ", reasons.entrySet().stream().limit(3).map(reason -> "pod " + reason.getValue() + ": " + reason.getKey()).toList());
    }

    @Override
    public void close() {
        watch.close();
    }
}
