package io.skerry.apiserver.response;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.print.TablePrinter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Objects and lists in the form of a {@link View}. */
public final class Views {
    private Views() {
    }

    /** One object, of {@code call}'s type or another one (a Status, a Scale), which is left as it is. */
    public static ObjectNode object(Call call, View view, ObjectNode object) {
        boolean ofType = object.path("kind").asText().equals(call.type().kind()) && object.path("apiVersion").asText().equals(call.type().type().apiVersion());
        if (view == View.OBJECT || !ofType) {
            return object;
        }
        if (view == View.METADATA) {
            return metadata(object);
        }
        return table(call, List.of(object), Json.text(object, "metadata", "resourceVersion"), null, null);
    }

    /** A list of {@code call}'s type that is not stored. */
    public static ObjectNode list(Call call, View view, ObjectNode list) {
        if (view == View.OBJECT) {
            return list;
        }
        List<ObjectNode> objects = new ArrayList<>();
        list.get("items").forEach(item -> objects.add((ObjectNode) item));
        return view == View.TABLE ? table(call, objects, "", null, null) : metadataList(objects, "", null, null);
    }

    public static ObjectNode table(Call call, List<ObjectNode> objects, String revision, String continueToken, Long remaining) {
        return TablePrinter.table(call.type().type(), objects, revision, continueToken, remaining, includeObject(call), Instant.now());
    }

    /**
     * What a Table holds of each object: None, Metadata or Object.
     *
     * @throws ApiException 400 when the query says another
     */
    static String includeObject(Call call) {
        String include = call.query().get("includeObject");
        if (!include.isEmpty() && !List.of("None", "Metadata", "Object").contains(include)) {
            throw ApiException.badRequest("unrecognized includeObject value: " + include);
        }
        return include.isEmpty() ? "Metadata" : include;
    }

    public static ObjectNode metadata(ObjectNode object) {
        ObjectNode partial = Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
        partial.set("metadata", object.get("metadata"));
        return partial;
    }

    public static ObjectNode metadataList(List<ObjectNode> objects, String revision, String continueToken, Long remaining) {
        ObjectNode list = Json.object().put("kind", "PartialObjectMetadataList").put("apiVersion", "meta.k8s.io/v1");
        list.set("metadata", listMeta(revision, continueToken, remaining));
        ArrayNode items = list.putArray("items");
        objects.forEach(object -> items.add(metadata(object)));
        return list;
    }

    public static ObjectNode listMeta(String revision, String continueToken, Long remaining) {
        ObjectNode meta = Json.object().put("resourceVersion", revision);
        if (continueToken != null) {
            meta.put("continue", continueToken);
        }
        if (remaining != null) {
            meta.put("remainingItemCount", remaining);
        }
        return meta;
    }
}
