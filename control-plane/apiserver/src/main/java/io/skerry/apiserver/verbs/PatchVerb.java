package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.apply.ApplyConflictException;
import io.skerry.machinery.apply.ServerSideApply;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.JsonPatch;
import io.skerry.machinery.patch.MergePatch;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.patch.PatchTooLargeException;
import io.skerry.machinery.patch.StrategicMergePatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** PATCH: JSON patch, merge patch, strategic merge patch and server-side apply. */
public final class PatchVerb {
    public static final String JSON = "application/json-patch+json";
    public static final String MERGE = "application/merge-patch+json";
    public static final String STRATEGIC = "application/strategic-merge-patch+json";
    public static final String APPLY = "application/apply-patch+yaml";

    private final Pipeline pipeline;
    private final CreateVerb create;
    private final UpdateVerb update;

    public PatchVerb(Pipeline pipeline, CreateVerb create, UpdateVerb update) {
        this.pipeline = pipeline;
        this.create = create;
        this.update = update;
    }

    public Result patch(Call call) {
        if (isApply(call)) {
            return apply(call);
        }
        UnaryOperator<ObjectNode> patch = reader(call);
        return update.change(call, current -> {
            ObjectNode patched = patch.apply(current);
            pipeline.decode(call, patched);
            checkIdentity(call, patched, current);
            return patched;
        }, UpdateVerb.Options.UPDATE);
    }

    /** The patch of the body as a function; does not modify its argument. */
    public static UnaryOperator<ObjectNode> reader(Call call) {
        String media = Bodies.mediaType(call);
        if (!media.equals(JSON) && !media.equals(MERGE) && !(media.equals(STRATEGIC) && !call.type().custom())) {
            throw ApiException.unsupportedMediaType(call.type().custom() ? List.of(JSON, MERGE, APPLY) : List.of(JSON, MERGE, STRATEGIC, APPLY));
        }
        if (call.query().flag("force")) {
            throw ApiException.invalid("meta.k8s.io", "PatchOptions", "",
                    List.of(new ApiException.Cause("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force")));
        }
        JsonNode patch = Bodies.json(call.request().body());
        return current -> {
            try {
                JsonNode patched = switch (media) {
                    case JSON -> JsonPatch.apply(current, patch);
                    case MERGE -> MergePatch.apply(current, patch);
                    default -> StrategicMergePatch.apply(current, patch, call.type().type().schema());
                };
                if (patched instanceof ObjectNode object) {
                    return object;
                }
                throw ApiException.badRequest("the patch does not leave an object");
            } catch (PatchTooLargeException e) {
                throw ApiException.requestTooLarge(e.getMessage());
            } catch (PatchException e) {
                throw media.equals(JSON) && patch.isArray()
                        ? ApiException.invalidRequest(e.getMessage()) : ApiException.badRequest(e.getMessage());
            }
        };
    }

    private static void checkIdentity(Call call, ObjectNode patched, ObjectNode current) {
        for (String field : List.of("name", "namespace")) {
            String before = Json.text(current, "metadata", field);
            String after = Json.text(patched, "metadata", field);
            if (!after.equals(before)) {
                throw ApiException.badRequest(field.equals("name")
                        ? "the name of the object (" + after + ") does not match the name on the URL (" + before + ")"
                        : "the namespace of the provided object does not match the namespace sent on the request");
            }
        }
    }

    private Result apply(Call call) {
        ObjectNode config = configuration(call);
        Pipeline.decodeApplied(call, config);
        reset(call, config);
        return update.change(call, current -> merge(call, current, config), UpdateVerb.Options.APPLY, () -> createApplied(call, config));
    }

    /** Whether the call is a server-side apply. */
    public static boolean isApply(Call call) {
        return call.info().verb().equals("patch") && Bodies.mediaType(call).equals(APPLY);
    }

    /**
     * The body of a server-side apply, with the name and namespace of the path.
     *
     * @throws ApiException when it is of no use, whatever its kind
     */
    public static ObjectNode configuration(Call call) {
        if (call.query().get("fieldManager").isEmpty()) {
            throw ApiException.invalid("meta.k8s.io", "PatchOptions", "",
                    List.of(new ApiException.Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")));
        }
        if (!(Bodies.yaml(call) instanceof ObjectNode config)) {
            throw ApiException.badRequest("an applied configuration must be an object");
        }
        checkApplied(call, config);
        return config;
    }

    /** Takes out what this endpoint does not write, so that the applier does not come to own it. */
    private static void reset(Call call, ObjectNode config) {
        switch (call.info().subresource()) {
            case "" -> {
                if (call.type().strategy().statusSplit()) {
                    config.remove("status");
                }
            }
            case "status" -> config.retain("apiVersion", "kind", "metadata", "status");
            default -> { }
        }
    }

    private Result createApplied(Call call, ObjectNode config) {
        if (!call.info().subresource().isEmpty()) {
            throw ApiException.notFound(call.type().group(), call.type().plural(), call.info().name());
        }
        String asked = Json.text(config, "metadata", "uid");
        if (!asked.isEmpty()) {
            throw ApiException.conflict(call.type().group(), call.type().plural(), call.info().name(),
                    "uid mismatch: the provided object specified uid " + asked + ", and no existing object was found");
        }
        return create.createInstead(call, merge(call, null, config), false);
    }

    /**
     * What a configuration of the call's type makes of the present object.
     *
     * @param current null when there is none
     * @throws ApiException 409 with a cause a conflict
     */
    public static ObjectNode merge(Call call, ObjectNode current, ObjectNode config) {
        try {
            return ServerSideApply.apply(current, config, call.query().get("fieldManager"), call.query().flag("force"), call.type().versions(),
                    call.type().type().apiVersion(), call.info().subresource(), Pipeline.now());
        } catch (ApplyConflictException e) {
            List<ApiException.Cause> causes = new ArrayList<>();
            e.conflicts().forEach(c -> causes.add(new ApiException.Cause("FieldManagerConflict", c.message(), c.fieldPath())));
            throw ApiException.applyConflict(e.getMessage(), causes);
        } catch (PatchException | IllegalArgumentException e) {
            throw ApiException.badRequest(e.getMessage());
        }
    }

    private static void checkApplied(Call call, ObjectNode config) {
        if (Json.text(config, "kind").isEmpty() || Json.text(config, "apiVersion").isEmpty()) {
            throw ApiException.badRequest("an applied configuration needs apiVersion and kind");
        }
        if (!Json.at(config, "metadata", "managedFields").isMissingNode() && !Json.at(config, "metadata", "managedFields").isNull()) {
            throw ApiException.badRequest("metadata.managedFields must be nil");
        }
        ObjectNode metadata = Json.ensureObject(config, "metadata");
        String name = Json.text(metadata, "name");
        if (!name.isEmpty() && !name.equals(call.info().name())) {
            throw ApiException.badRequest("the name of the object (" + name + ") does not match the name on the URL (" + call.info().name() + ")");
        }
        metadata.put("name", call.info().name());
        CreateVerb.checkNamespace(call, metadata);
    }
}
