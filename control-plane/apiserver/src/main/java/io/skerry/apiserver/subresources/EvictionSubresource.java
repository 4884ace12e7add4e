package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
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

/** {@code pods/eviction}: a DELETE that a PodDisruptionBudget may refuse (policy/v1 Eviction). */
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
        Entry entry = store.get(call.type(), call.key());
        if (entry == null) {
            throw ApiException.notFound("", "pods", name);
        }
        pipeline.admitUnstored(call, eviction);
        ObjectNode pod = entry.tree();
        if (!ignoresBudgets(pod)) {
            takeFromBudget(call, pod);
        }
        delete.delete(call, name, call.key(), options);
        return Result.of(201, Statuses.success());
    }

    /** Pods that do not count as healthy for any budget. */
    private static boolean ignoresBudgets(ObjectNode pod) {
        String phase = Json.text(pod, "status", "phase");
        return phase.equals("Succeeded") || phase.equals("Failed") || phase.equals("Pending") || !Json.text(pod, "metadata", "deletionTimestamp").isEmpty();
    }

    private void takeFromBudget(Call call, ObjectNode pod) {
        ServedType budgets = types.builtin("policy", "v1", "poddisruptionbudgets");
        while (true) {
            List<Entry> matching = new ArrayList<>();
            for (Entry entry : store.cache(budgets).snapshot(call.info().namespace() + "/").entries()) {
                if (LabelSelector.of(Json.at(entry.tree(), "spec", "selector")).matches(Json.at(pod, "metadata", "labels"))) {
                    matching.add(entry);
                }
            }
            if (matching.isEmpty()) {
                return;
            }
            if (matching.size() > 1) {
                throw ApiException.internal("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
            }
            ObjectNode budget = matching.getFirst().tree();
            if (isUnready(pod) && mayEvictUnready(budget)) {
                return;
            }
            ObjectNode status = Json.ensureObject(budget, "status");
            check(budget, status);
            status.put("disruptionsAllowed", status.path("disruptionsAllowed").asInt() - 1);
            Json.ensureObject(status, "disruptedPods").put(call.info().name(), Pipeline.now().toString());
            if (call.dryRun()) {
                return;
            }
            try {
                store.update(budgets, matching.getFirst().key(), budget, matching.getFirst().revision());
                return;
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
