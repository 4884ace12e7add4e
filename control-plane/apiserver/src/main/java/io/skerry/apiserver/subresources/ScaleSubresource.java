package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.PatchVerb;
import io.skerry.apiserver.verbs.Result;
import io.skerry.apiserver.verbs.Shown;
import io.skerry.apiserver.verbs.UpdateVerb;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.selector.LabelSelector;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * {@code scale} of workloads and custom resources: an autoscaling/v1 Scale seen through paths into the object.
 *
 * @param specReplicas   path of the wanted number
 * @param statusReplicas path of the present number
 * @param selector       path of the selector: a LabelSelector, a map of labels or its string; empty when there is none
 */
public record ScaleSubresource(Store store, UpdateVerb update, List<String> specReplicas, List<String> statusReplicas, List<String> selector)
        implements Subresource {

    /** The paths of the built-in workloads. */
    public static ScaleSubresource ofWorkload(Store store, UpdateVerb update) {
        return new ScaleSubresource(store, update, List.of("spec", "replicas"), List.of("status", "replicas"), List.of("spec", "selector"));
    }

    @Override
    public Result serve(Call call) {
        return switch (call.info().verb()) {
            case "get" -> get(call);
            case "update" -> {
                ObjectNode body = Bodies.object(call);
                yield change(call, scale -> body);
            }
            case "patch" -> PatchVerb.isApply(call) ? apply(call) : change(call, PatchVerb.reader(call));
            default -> throw ApiException.methodNotAllowed();
        };
    }

    private Result get(Call call) {
        store.catchUpWithOthers();
        Entry entry = store.get(call.type(), call.key());
        if (entry == null) {
            throw ApiException.notFound(call.type().group(), call.type().plural(), call.info().name());
        }
        return Result.of(200, scale(store.tree(call.type(), entry)));
    }

    private Result change(Call call, UnaryOperator<ObjectNode> patch) {
        return change(call, object -> {
            ObjectNode scale = patch.apply(scale(object));
            check(call, scale);
            precondition(object, scale, "resourceVersion");
            setReplicas(object, scale);
            return object;
        }, UpdateVerb.Options.UPDATE);
    }

    private Result change(Call call, UpdateVerb.Change change, UpdateVerb.Options options) {
        Result result = update.change(call, change, options.shownAs(new Shown() {
            @Override
            public ObjectNode of(ObjectNode object) {
                return scale(object);
            }

            @Override
            public void takeBack(ObjectNode object, ObjectNode scale) {
                check(call, scale);
                setReplicas(object, scale);
            }
        }));
        return Result.of(200, scale(result.entry() != null ? store.tree(call.type(), result.entry()) : result.tree()));
    }

    /** An applied Scale is the application of its replicas to the object: there they are booked, on the manager of the subresource (KEP-555). */
    private Result apply(Call call) {
        ObjectNode config = PatchVerb.configuration(call);
        check(call, config);
        if (!Json.text(config, "apiVersion").equals("autoscaling/v1")) {
            throw ApiException.badRequest("Incorrect version specified in apply patch. Specified patch version: " + Json.text(config, "apiVersion")
                    + ", expected: autoscaling/v1");
        }
        ResourceType type = call.type().type();
        ObjectNode applied = Json.object().put("apiVersion", type.apiVersion()).put("kind", type.kind());
        applied.putObject("metadata").setAll(((ObjectNode) config.get("metadata")).deepCopy().retain("name", "namespace"));
        if (Json.at(config, "spec", "replicas").isNumber()) {
            setReplicas(applied, config);
        }
        return change(call, object -> {
            ObjectNode merged = PatchVerb.merge(call, object, applied);
            precondition(merged, config, "resourceVersion");
            precondition(merged, config, "uid");
            if (!at(merged, specReplicas).isNumber()) {
                setReplicas(merged, config);
            }
            return merged;
        }, UpdateVerb.Options.APPLY);
    }

    /** What the client says the object is must be so when it is written. */
    private static void precondition(ObjectNode object, ObjectNode scale, String field) {
        String told = Json.text(scale, "metadata", field);
        if (!told.isEmpty()) {
            ((ObjectNode) object.get("metadata")).put(field, told);
        }
    }

    /** None at all are zero: a Scale leaves them out then. */
    private void setReplicas(ObjectNode object, ObjectNode scale) {
        Json.ensureObject(object, parent(specReplicas)).put(specReplicas.getLast(), Json.at(scale, "spec", "replicas").asInt());
    }

    private static void check(Call call, ObjectNode scale) {
        String kind = Json.text(scale, "kind");
        if (!kind.isEmpty() && !kind.equals("Scale")) {
            throw ApiException.badRequest("expected input object type to be Scale, but " + kind + " was sent");
        }
        String name = Json.text(scale, "metadata", "name");
        if (!name.isEmpty() && !name.equals(call.info().name())) {
            throw ApiException.badRequest("the name of the object (" + name + ") does not match the name on the URL (" + call.info().name() + ")");
        }
        JsonNode replicas = Json.at(scale, "spec", "replicas");
        if (!replicas.isMissingNode() && !replicas.isNull() && (!replicas.canConvertToInt() || replicas.asInt() < 0)) {
            throw ApiException.invalid("autoscaling", "Scale", call.info().name(), List.of(new ApiException.Cause("FieldValueInvalid",
                    "Invalid value: " + replicas + ": must be greater than or equal to 0", "spec.replicas")));
        }
    }

    private ObjectNode scale(ObjectNode object) {
        ObjectNode scale = Json.object().put("kind", "Scale").put("apiVersion", "autoscaling/v1");
        ObjectNode metadata = scale.putObject("metadata");
        for (String field : List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
            if (object.get("metadata").has(field)) {
                metadata.set(field, object.get("metadata").get(field));
            }
        }
        ObjectNode spec = scale.putObject("spec");
        if (at(object, specReplicas).isNumber()) {
            spec.put("replicas", at(object, specReplicas).asInt());
        }
        ObjectNode status = scale.putObject("status").put("replicas", at(object, statusReplicas).asInt(0));
        String selects = selects(at(object, selector));
        if (!selects.isEmpty()) {
            status.put("selector", selects);
        }
        return scale;
    }

    private static String selects(JsonNode selector) {
        if (!selector.isObject()) {
            return selector.asText("");
        }
        boolean labelSelector = selector.has("matchLabels") || selector.has("matchExpressions");
        return (labelSelector ? LabelSelector.of(selector) : LabelSelector.ofMap(selector)).toString();
    }

    private static JsonNode at(ObjectNode object, List<String> path) {
        return path.isEmpty() ? Json.at(object, "") : Json.at(object, path.toArray(String[]::new));
    }

    private static String[] parent(List<String> path) {
        return path.subList(0, path.size() - 1).toArray(String[]::new);
    }
}
