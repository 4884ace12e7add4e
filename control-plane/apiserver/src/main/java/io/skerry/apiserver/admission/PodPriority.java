package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;

/** Priority: a pod's priorityClassName becomes its priority number. */
public final class PodPriority implements Admission {
    private static final String GROUP = "scheduling.k8s.io";

    private final Store store;

    public PodPriority(Store store) {
        this.store = store;
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode pod, ObjectNode old) {
        if (operation != Operation.CREATE || !call.type().is("", "pods") || !call.info().subresource().isEmpty()) {
            return;
        }
        ObjectNode spec = Json.ensureObject(pod, "spec");
        String name = Json.text(spec, "priorityClassName");
        ObjectNode found = name.isEmpty() ? globalDefault() : store.tree(GROUP, "priorityclasses", name);
        String pods = Json.text(pod, "metadata", "name");
        if (found == null && !name.isEmpty()) {
            throw ApiException.forbidden("", "pods", pods, "no PriorityClass with name " + name + " was found");
        }
        int priority = found == null ? 0 : found.path("value").asInt();
        if (spec.hasNonNull("priority") && spec.get("priority").asInt() != priority) {
            throw ApiException.forbidden("", "pods", pods, "the integer value of priority (" + spec.get("priority").asInt()
                    + ") must not be provided in pod spec; priority admission controller computed " + priority + " from the given PriorityClass name");
        }
        spec.put("priority", priority);
        String policy = found == null || Json.text(found, "preemptionPolicy").isEmpty() ? "PreemptLowerPriority" : Json.text(found, "preemptionPolicy");
        if (spec.hasNonNull("preemptionPolicy") && !Json.text(spec, "preemptionPolicy").equals(policy)) {
            throw ApiException.forbidden("", "pods", pods, "the string value of PreemptionPolicy (" + Json.text(spec, "preemptionPolicy")
                    + ") must not be provided in pod spec; priority admission controller computed " + policy + " from the given PriorityClass name");
        }
        spec.put("preemptionPolicy", policy);
        if (found != null) {
            spec.put("priorityClassName", Json.text(found, "metadata", "name"));
        }
    }

    /** The lowest of the classes that are declared the default. */
    private ObjectNode globalDefault() {
        ObjectNode lowest = null;
        for (Entry entry : store.cache().resource(GROUP, "priorityclasses").snapshot("").entries()) {
            ObjectNode candidate = entry.tree();
            if (candidate.path("globalDefault").asBoolean() && (lowest == null || candidate.path("value").asInt() < lowest.path("value").asInt())) {
                lowest = candidate;
            }
        }
        return lowest;
    }
}
