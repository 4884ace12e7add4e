package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * DELETE of one object: at once, or in steps where it is held by finalizers (which propagationPolicy may add) or by a grace period.
 */
public final class DeleteVerb {
    private static final String FOREGROUND = "foregroundDeletion";
    private static final String ORPHAN = "orphan";

    private final Store store;
    private final Pipeline pipeline;

    public DeleteVerb(Store store, Pipeline pipeline) {
        this.store = store;
        this.pipeline = pipeline;
    }

    public Result delete(Call call) {
        DeleteOptions options = DeleteOptions.of(call);
        return delete(call.dryAs(options.dryRun()), call.info().name(), call.key(), options);
    }

    /**
     * Deletes one object of the call's type, whichever the call's path names.
     *
     * @param call which says whether it is a dry run
     */
    public Result delete(Call call, String name, String key, DeleteOptions options) {
        return delete(call, name, key, options, object -> { });
    }

    /**
     * As {@link #delete(Call, String, String, DeleteOptions)}.
     *
     * @param mark changes what is left when something still holds the object, in the same write
     */
    public Result delete(Call call, String name, String key, DeleteOptions options, Consumer<ObjectNode> mark) {
        ServedType type = call.type();
        while (true) {
            Entry present = store.get(type, key);
            if (present == null && !call.dryRun() && store.deleteUnreadable(type, key)) {
                return Result.of(200, success(type, (ObjectNode) Json.object().set("metadata", Json.object().put("name", name))));
            }
            if (present == null) {
                throw ApiException.notFound(type.group(), type.plural(), name);
            }
            try {
                ObjectNode old = store.tree(type, present);
                checkPreconditions(type, name, options, old, present);
                pipeline.admitDelete(call, old);
                Result result = attempt(type, key, present, old, options, mark, call.dryRun());
                if (result != null) {
                    return result;
                }
            } catch (ApiException e) {
                if (store.isCurrent(type, key, present)) {
                    throw e;
                }
            } catch (RevisionMismatchException e) {
                // changed in between: look again
            }
        }
    }

    /** @return null when nothing is to be written, but of an object that has changed in between */
    private Result attempt(ServedType type, String key, Entry present, ObjectNode old, DeleteOptions options, Consumer<ObjectNode> mark, boolean dryRun) {
        ObjectNode object = old.deepCopy();
        mark.accept(object);
        ObjectNode metadata = (ObjectNode) object.get("metadata");
        setFinalizers(type, metadata, options);
        Long grace = grace(type, metadata, object, options);
        boolean held = !metadata.path("finalizers").isEmpty() || type.strategy().heldFromDeletion(object) || grace != null && grace > 0;
        if (held) {
            mark(type, object, metadata, grace == null ? 0 : grace);
        }
        if ((dryRun || held && object.equals(old)) && !store.isCurrent(type, key, present)) {
            return null;
        }
        if (!held) {
            if (!dryRun) {
                store.delete(type, key, present.revision());
            }
            return Result.of(200, type.type().returnsDeletedObject() ? object : success(type, old));
        }
        if (dryRun || object.equals(old)) {
            return Result.of(200, object);
        }
        return Result.of(200, store.update(type, key, object, present.revision()));
    }

    private static void mark(ServedType type, ObjectNode object, ObjectNode metadata, long grace) {
        boolean first = !metadata.hasNonNull("deletionTimestamp");
        if (first) {
            if (metadata.path("generation").asLong() > 0) {
                metadata.put("generation", metadata.path("generation").asInt() + 1);
            }
            metadata.put("deletionTimestamp", Pipeline.now().plusSeconds(grace).toString());
            metadata.put("deletionGracePeriodSeconds", (int) grace);
        } else if (metadata.path("deletionGracePeriodSeconds").asLong() > grace) {
            // a second DELETE can only shorten the wait
            Instant asked = Instant.parse(Json.text(metadata, "deletionTimestamp"))
                    .minusSeconds(metadata.path("deletionGracePeriodSeconds").asLong()).plusSeconds(grace);
            metadata.put("deletionTimestamp", asked.toString());
            metadata.put("deletionGracePeriodSeconds", (int) grace);
        }
        type.strategy().markDeleted(object);
    }

    /** The grace that is left to honour, null for types that know none. */
    private static Long grace(ServedType type, ObjectNode metadata, ObjectNode object, DeleteOptions options) {
        Long asked = options.gracePeriodSeconds();
        if (asked != null && asked < 0) {
            asked = 1L;
        }
        Long grace = type.strategy().gracePeriod(object, asked);
        if (grace != null && metadata.hasNonNull("deletionTimestamp") && grace > 0) {
            return Math.min(grace, metadata.path("deletionGracePeriodSeconds").asLong());
        }
        return grace;
    }

    private static void setFinalizers(ServedType type, ObjectNode metadata, DeleteOptions options) {
        ArrayNode finalizers = Json.array();
        boolean orphan = false;
        boolean foreground = false;
        for (JsonNode finalizer : metadata.path("finalizers")) {
            switch (finalizer.asText()) {
                case ORPHAN -> orphan = true;
                case FOREGROUND -> foreground = true;
                default -> finalizers.add(finalizer);
            }
        }
        switch (options.propagationPolicy()) {
            case "Orphan" -> {
                orphan = true;
                foreground = false;
            }
            case "Foreground" -> {
                orphan = false;
                foreground = true;
            }
            case "Background" -> {
                orphan = false;
                foreground = false;
            }
            default -> {
                if (!orphan && !foreground && type.strategy().defaultPropagation().equals(ORPHAN)) {
                    orphan = true;
                }
            }
        }
        if (orphan) {
            finalizers.add(ORPHAN);
        }
        if (foreground) {
            finalizers.add(FOREGROUND);
        }
        if (finalizers.isEmpty()) {
            metadata.remove("finalizers");
        } else {
            metadata.set("finalizers", finalizers);
        }
    }

    private static void checkPreconditions(ServedType type, String name, DeleteOptions options, ObjectNode old, Entry present) {
        String uid = Json.text(old, "metadata", "uid");
        if (!options.uid().isEmpty() && !options.uid().equals(uid)) {
            throw ApiException.conflict(type.group(), type.plural(), name,
                    "Precondition failed: UID in precondition: " + options.uid() + ", UID in object meta: " + uid);
        }
        if (!options.resourceVersion().isEmpty() && !options.resourceVersion().equals(Long.toString(present.revision()))) {
            throw ApiException.conflict(type.group(), type.plural(), name, "Precondition failed: ResourceVersion in precondition: "
                    + options.resourceVersion() + ", ResourceVersion in object meta: " + present.revision());
        }
    }

    private static ObjectNode success(ServedType type, ObjectNode old) {
        ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success");
        ObjectNode details = status.putObject("details").put("name", Json.text(old, "metadata", "name"));
        if (!type.group().isEmpty()) {
            details.put("group", type.group());
        }
        details.put("kind", type.plural()).put("uid", Json.text(old, "metadata", "uid"));
        return status;
    }
}
