package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Conditions;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.DeleteOptions;
import io.skerry.apiserver.verbs.DeleteVerb;
import io.skerry.apiserver.verbs.Result;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code pods/eviction}: a DELETE that a PodDisruptionBudget may refuse (policy/v1 Eviction). The pod's condition DisruptionTarget tells its Job that it did not fail by
 * itself.
 */
public record EvictionSubresource(Store store, Pipeline pipeline, ServedTypes types, DeleteVerb delete) implements Subresource {

    @Override
    public Result serve(Call asked) {
        ObjectNode eviction = Bodies.object(asked);
        DeleteOptions options = DeleteOptions.of(eviction.path("deleteOptions"));
        Call call = asked.dryAs(options.dryRun());
        String name = call.info().name();
        String given = Json.text(eviction, "metadata", "name");
        if (!given.isEmpty() && !given.equals(name)) {
            throw ApiException.badRequest("name in URL does not match name in Eviction object");
        }
        pipeline.admitUnstored(call, eviction);
        while (!evict(call, options)) {
            // the pod changed in between: look again
        }
        return Result.of(201, Statuses.success());
    }

    /** @return false when the pod changed, and no budget was asked for it because of what it was before */
    private boolean evict(Call call, DeleteOptions options) {
        String name = call.info().name();
        Entry entry = store.get(call.type(), call.key());
        if (entry == null) {
            throw ApiException.notFound("", "pods", name);
        }
        ObjectNode pod = entry.tree();
        boolean passedOver = ignoresBudgets(pod) ? Json.text(pod, "status", "phase").equals("Pending") && Json.text(pod, "metadata", "deletionTimestamp").isEmpty()
                : !takeFromBudget(call, pod);
        boolean guarded = passedOver && options.resourceVersion().isEmpty();
        try {
            delete.delete(call, name, call.key(), guarded ? options.at(entry.revision()) : options,
                    marked -> Conditions.set(marked, "DisruptionTarget", true, "EvictionByEvictionAPI", "Eviction API: evicting"));
            return true;
        } catch (ApiException e) {
            Entry now = store.get(call.type(), call.key());
            if (guarded && e.code() == 409 && (now == null || now.revision() != entry.revision())) {
                return false;
            }
            throw e;
        }
    }

    /** Pods that do not count as healthy for any budget. */
    private static boolean ignoresBudgets(ObjectNode pod) {
        String phase = Json.text(pod, "status", "phase");
        return phase.equals("Succeeded") || phase.equals("Failed") || phase.equals("Pending") || !Json.text(pod, "metadata", "deletionTimestamp").isEmpty();
    }

    /**
     * Takes the disruption from the pod's budget.
     *
     * @return false when its budget lets it go without, as it is not ready; the pod may become so
     */
    private boolean takeFromBudget(Call call, ObjectNode pod) {
        ServedType budgets = types.builtin("policy", "v1", "poddisruptionbudgets");
        while (true) {
            List<Entry> matching = new ArrayList<>();
            for (Entry entry : store.cache(budgets).snapshot(call.info().namespace() + "/").entries()) {
                if (LabelSelector.of(Json.at(entry.tree(), "spec", "selector")).matches(Json.at(pod, "metadata", "labels"))) {
                    matching.add(entry);
                }
            }
            if (matching.isEmpty()) {
                return true;
            }
            if (matching.size() > 1) {
                throw ApiException.internal("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
            }
            ObjectNode budget = matching.getFirst().tree();
            if (isUnready(pod) && mayEvictUnready(budget)) {
                return false;
            }
            ObjectNode status = Json.ensureObject(budget, "status");
            check(budget, status);
            status.put("disruptionsAllowed", status.path("disruptionsAllowed").asInt() - 1);
            Json.ensureObject(status, "disruptedPods").put(call.info().name(), Pipeline.now().toString());
            if (call.dryRun()) {
                return true;
            }
            try {
                store.update(budgets, matching.getFirst().key(), budget, matching.getFirst().revision());
                return true;
            } catch (RevisionMismatchException e) {
                // the budget moved: look again
            }
        }
    }

    private static void check(ObjectNode budget, ObjectNode status) {
        String name = Json.text(budget, "metadata", "name");
        if (status.path("observedGeneration").asLong() < Json.at(budget, "metadata", "generation").asLong()) {
            throw ApiException.tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10, List.of(new ApiException.Cause(
                    "DisruptionBudget", "The disruption budget " + name + " is still being processed by the server.", "")));
        }
        if (status.path("disruptionsAllowed").asInt() <= 0) {
            throw ApiException.tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0, List.of(new ApiException.Cause(
                    "DisruptionBudget", "The disruption budget " + name + " needs " + status.path("desiredHealthy").asInt() + " healthy pods and has "
                            + status.path("currentHealthy").asInt() + " currently", "")));
        }
    }

    private static boolean isUnready(ObjectNode pod) {
        for (var condition : Json.at(pod, "status", "conditions")) {
            if (Json.text(condition, "type").equals("Ready")) {
                return !Json.text(condition, "status").equals("True");
            }
        }
        return true;
    }

    private static boolean mayEvictUnready(ObjectNode budget) {
        return Json.text(budget, "spec", "unhealthyPodEvictionPolicy").equals("AlwaysAllow")
                || Json.at(budget, "status", "currentHealthy").asInt() >= Json.at(budget, "status", "desiredHealthy").asInt()
                        && Json.at(budget, "status", "desiredHealthy").asInt() > 0;
    }
}
