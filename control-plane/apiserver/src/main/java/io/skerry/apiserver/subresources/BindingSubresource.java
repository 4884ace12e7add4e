package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.Result;
import io.skerry.apiserver.verbs.UpdateVerb;
import io.skerry.machinery.json.Json;
import java.util.List;

/** {@code pods/binding}, and the older POST to {@code bindings}: a scheduler assigns a pod to a node, once. */
public record BindingSubresource(Pipeline pipeline, UpdateVerb update, ServedType pods) implements Subresource {

    @Override
    public Result serve(Call asked) {
        ObjectNode binding = Bodies.object(asked);
        Call call = asked.info().resource().equals("pods") ? asked : ofPod(asked, Json.text(binding, "metadata", "name"));
        pipeline.admitUnstored(call, binding);
        String kind = Json.text(binding, "target", "kind");
        String node = Json.text(binding, "target", "name");
        if (!kind.isEmpty() && !kind.equals("Node")) {
            throw ApiException.invalid("", "Binding", call.info().name(), List.of(new ApiException.Cause("FieldValueNotSupported",
                    "Unsupported value: \"" + kind + "\": supported values: \"Node\", \"<empty>\"", "target.kind")));
        }
        if (node.isEmpty()) {
            throw ApiException.invalid("", "Binding", call.info().name(),
                    List.of(new ApiException.Cause("FieldValueRequired", "Required value", "target.name")));
        }
        String uid = Json.text(binding, "metadata", "uid");
        update.change(call, pod -> bind(call, pod, binding, node, uid), UpdateVerb.Options.INTERNAL);
        return Result.of(201, Statuses.success());
    }

    /** The call as if it had been made to the pod's subresource. */
    private Call ofPod(Call asked, String name) {
        RequestInfo info = asked.info();
        return new Call(asked.request(), new RequestInfo(true, "create", "", "v1", info.namespace(), true, "pods", "binding", name, List.of(), info.path()), asked.query(), pods);
    }

    private static ObjectNode bind(Call call, ObjectNode pod, ObjectNode binding, String node, String uid) {
        String name = call.info().name();
        if (!uid.isEmpty() && !uid.equals(Json.text(pod, "metadata", "uid"))) {
            throw ApiException.conflict("", "pods", name, "Precondition failed: UID in precondition: " + uid + ", UID in object meta: "
                    + Json.text(pod, "metadata", "uid"));
        }
        String present = Json.text(pod, "spec", "nodeName");
        if (!Json.text(pod, "metadata", "deletionTimestamp").isEmpty()) {
            throw ApiException.conflict("", "pods/binding", name, "pod " + name + " is being deleted, cannot be assigned to a host");
        }
        if (!present.isEmpty()) {
            throw ApiException.conflict("", "pods/binding", name, "pod " + name + " is already assigned to node \"" + present + "\"");
        }
        if (!Json.at(pod, "spec", "schedulingGates").isEmpty()) {
            throw ApiException.conflict("", "pods/binding", name, "pod " + name + " has non-empty .spec.schedulingGates");
        }
        ((ObjectNode) pod.get("spec")).put("nodeName", node);
        if (Json.at(binding, "metadata", "annotations") instanceof ObjectNode annotations) {
            Json.ensureObject(pod, "metadata", "annotations").setAll(annotations);
        }
        setScheduled(Json.ensureObject(pod, "status"));
        return pod;
    }

    private static void setScheduled(ObjectNode status) {
        ArrayNode conditions = status.get("conditions") instanceof ArrayNode present ? present : status.putArray("conditions");
        for (int i = conditions.size() - 1; i >= 0; i--) {
            JsonNode condition = conditions.get(i);
            if (Json.text(condition, "type").equals("PodScheduled")) {
                conditions.remove(i);
            }
        }
        conditions.addObject().put("type", "PodScheduled").put("status", "True").putNull("lastProbeTime").put("lastTransitionTime", Pipeline.now().toString());
    }
}
