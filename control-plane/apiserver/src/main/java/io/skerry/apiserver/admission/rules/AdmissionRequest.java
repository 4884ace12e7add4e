package io.skerry.apiserver.admission.rules;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.machinery.json.Json;

/**
 * One write as webhooks and expressions see it.
 *
 * @param matched   the version of the resource that the webhook or policy names
 * @param object    null for DELETE
 * @param oldObject null for CREATE
 */
public record AdmissionRequest(Call call, Admission.Operation operation, ServedType matched, ObjectNode object, ObjectNode oldObject) {

    /** The write with its objects in the matched version. */
    public static AdmissionRequest of(Call call, Admission.Operation operation, ServedType matched, ObjectNode object, ObjectNode old) {
        return new AdmissionRequest(call, operation, matched, operation == Admission.Operation.DELETE ? null : in(matched, object), in(matched, old));
    }

    private static ObjectNode in(ServedType type, ObjectNode object) {
        return object == null || isForeign(type, object) || object.path("apiVersion").asText().equals(type.type().apiVersion()) ? object
                : type.converter().convert(object.deepCopy(), type.type().apiVersion());
    }

    /** Whether an object is of a subresource's own kind: Eviction, TokenRequest, PodExecOptions. */
    public static boolean isForeign(ServedType type, ObjectNode object) {
        String kind = object.path("kind").asText("");
        return !kind.isEmpty() && !kind.equals(type.kind());
    }

    /** admission.k8s.io/v1 AdmissionRequest without uid, object and oldObject. */
    public ObjectNode tree() {
        ObjectNode request = Json.object();
        boolean foreign = object != null && isForeign(call.type(), object);
        request.set("kind", foreign ? kind(object) : kind(matched));
        request.set("resource", resource(matched));
        put(request, "subResource", call.info().subresource());
        request.set("requestKind", foreign ? kind(object) : kind(call.type()));
        request.set("requestResource", resource(call.type()));
        put(request, "requestSubResource", call.info().subresource());
        put(request, "name", name());
        put(request, "namespace", call.type().is("", "namespaces") ? name() : call.type().namespaced() ? call.info().namespace() : "");
        request.put("operation", operation.name());
        request.set("userInfo", call.user().info());
        request.put("dryRun", call.dryRun());
        if (operation == Admission.Operation.CONNECT) {
            request.putNull("options");
            return request;
        }
        ObjectNode options = request.putObject("options");
        options.put("kind", switch (operation) {
            case CREATE -> "CreateOptions";
            case DELETE -> "DeleteOptions";
            case CONNECT -> throw new IllegalStateException("a CONNECT has no options of its own");
            case UPDATE -> call.info().verb().equals("patch") ? "PatchOptions" : "UpdateOptions";
        }).put("apiVersion", "meta.k8s.io/v1");
        if (call.dryRun()) {
            options.putArray("dryRun").add("All");
        }
        if (operation != Admission.Operation.DELETE && !call.query().get("fieldManager").isEmpty()) {
            options.put("fieldManager", call.query().get("fieldManager"));
        }
        return request;
    }

    public String name() {
        String name = Json.text(oldObject == null ? object : oldObject, "metadata", "name");
        return name.isEmpty() && !call.info().subresource().isEmpty() ? call.info().name() : name;
    }

    private static void put(ObjectNode object, String field, String value) {
        if (!value.isEmpty()) {
            object.put(field, value);
        }
    }

    private static ObjectNode kind(ObjectNode object) {
        String apiVersion = Json.text(object, "apiVersion");
        int slash = apiVersion.indexOf('/');
        return Json.object().put("group", slash < 0 ? "" : apiVersion.substring(0, slash)).put("version", apiVersion.substring(slash + 1))
                .put("kind", Json.text(object, "kind"));
    }

    private static ObjectNode kind(ServedType type) {
        return Json.object().put("group", type.group()).put("version", type.type().version()).put("kind", type.kind());
    }

    private static ObjectNode resource(ServedType type) {
        return Json.object().put("group", type.group()).put("version", type.type().version()).put("resource", type.plural());
    }
}
