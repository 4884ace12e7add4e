package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.PatchVerb;
import io.skerry.apiserver.verbs.Result;
import io.skerry.apiserver.verbs.UpdateVerb;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A subresource that takes whole objects but changes only a part of them: pods/ephemeralcontainers, pods/resize, certificate approval.
 *
 * @param takeOver copies that part from the second object, which the client sent, to the first
 * @param part     leaves nothing else in what is applied, so that the applier does not come to own it
 */
public record PartSubresource(Store store, UpdateVerb update, BiConsumer<ObjectNode, ObjectNode> takeOver, Consumer<ObjectNode> part) implements Subresource {
    /** Of the metadata of an applied object: who it is, and as what it was seen. */
    private static final List<String> IDENTITY = List.of("name", "namespace", "uid", "resourceVersion");

    public static PartSubresource ephemeralContainers(Store store, UpdateVerb update) {
        return new PartSubresource(store, update, (pod, sent) -> copy("ephemeralContainers", Json.at(sent, "spec"), (ObjectNode) pod.get("spec")),
                applied -> only(applied, "spec", "ephemeralContainers"));
    }

    public static PartSubresource approval(Store store, UpdateVerb update) {
        return new PartSubresource(store, update, (request, sent) -> copy("conditions", Json.at(sent, "status"), Json.ensureObject(request, "status")),
                applied -> only(applied, "status", "conditions"));
    }

    /** Resources of containers and sidecars. One that adds, renames or reorders them is passed on as it is, for validation to refuse. */
    public static PartSubresource resize(Store store, UpdateVerb update) {
        return new PartSubresource(store, update, (pod, sent) -> {
            for (String list : List.of("containers", "initContainers")) {
                JsonNode wanted = Json.at(sent, "spec", list);
                JsonNode present = Json.at(pod, "spec", list);
                if (!names(wanted).equals(names(present))) {
                    copy(list, Json.at(sent, "spec"), (ObjectNode) pod.get("spec"));
                    continue;
                }
                for (int i = 0; i < present.size(); i++) {
                    copy("resources", wanted.get(i), (ObjectNode) present.get(i));
                    copy("resizePolicy", wanted.get(i), (ObjectNode) present.get(i));
                }
            }
        }, applied -> {
            only(applied, "spec", "containers", "initContainers");
            for (String list : List.of("containers", "initContainers")) {
                Json.at(applied, "spec", list).forEach(container -> ((ObjectNode) container).retain("name", "resources", "resizePolicy"));
            }
        });
    }

    private static List<String> names(JsonNode containers) {
        return containers.valueStream().map(container -> Json.text(container, "name")).toList();
    }

    private static void only(ObjectNode applied, String field, String... inner) {
        applied.retain("apiVersion", "kind", "metadata", field);
        if (applied.get(field) instanceof ObjectNode kept) {
            kept.retain(inner);
        }
    }

    private static void copy(String field, JsonNode from, ObjectNode into) {
        JsonNode value = from.get(field);
        if (value == null || value.isNull()) {
            into.remove(field);
        } else {
            into.set(field, value);
        }
    }

    @Override
    public Result serve(Call call) {
        return switch (call.info().verb()) {
            case "get" -> {
                store.catchUpWithOthers();
                var entry = store.get(call.type(), call.key());
                if (entry == null) {
                    throw ApiException.notFound(call.type().group(), call.type().plural(), call.info().name());
                }
                yield Result.of(200, entry);
            }
            case "update" -> {
                ObjectNode sent = Bodies.object(call);
                yield change(call, object -> sent.deepCopy(), UpdateVerb.Options.UPDATE);
            }
            case "patch" -> PatchVerb.isApply(call) ? apply(call) : change(call, PatchVerb.reader(call), UpdateVerb.Options.UPDATE);
            default -> throw ApiException.methodNotAllowed();
        };
    }

    private Result apply(Call call) {
        ObjectNode config = PatchVerb.configuration(call);
        Pipeline.decodeApplied(call, config);
        ((ObjectNode) config.get("metadata")).retain(IDENTITY);
        part.accept(config);
        return change(call, object -> {
            ObjectNode merged = PatchVerb.merge(call, object, config);
            copy("managedFields", Json.at(merged, "metadata"), (ObjectNode) object.get("metadata"));
            copy("uid", Json.at(merged, "metadata"), (ObjectNode) object.get("metadata"));
            return merged;
        }, UpdateVerb.Options.APPLY);
    }

    private Result change(Call call, UnaryOperator<ObjectNode> sender, UpdateVerb.Options options) {
        return update.change(call, object -> {
            ObjectNode sent = sender.apply(object);
            JsonNode revision = Json.at(sent, "metadata", "resourceVersion");
            if (revision.isTextual() && !revision.asText().isEmpty()) {
                ((ObjectNode) object.get("metadata")).set("resourceVersion", revision);
            }
            takeOver.accept(object, sent);
            return object;
        }, options);
    }
}
