package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.apiserver.status.ApiException;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.apply.ManagedFields;
import io.skerry.machinery.defaults.CanonicalForm;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.function.Supplier;

/** PUT, and what every other change of a present object comes down to. */
public final class UpdateVerb {
    private final Store store;
    private final Pipeline pipeline;
    private final CreateVerb create;

    public UpdateVerb(Store store, Pipeline pipeline, CreateVerb create) {
        this.store = store;
        this.pipeline = pipeline;
        this.create = create;
    }

    /** Makes the wanted object out of a copy of the present one; may be called again when the object changed in between. */
    @FunctionalInterface
    public interface Change {
        /** @param current a tree of its own, in the version of the request */
        ObjectNode apply(ObjectNode current);
    }

    public Result update(Call call) {
        ObjectNode body = Bodies.object(call);
        pipeline.decode(call, body);
        ObjectNode metadata = (ObjectNode) body.get("metadata");
        String name = Json.text(metadata, "name");
        if (!name.equals(call.info().name())) {
            throw ApiException.badRequest(name.isEmpty() ? "name must be provided: metadata.name of the body is empty"
                    : "the name of the object (" + name + ") does not match the name on the URL (" + call.info().name() + ")");
        }
        CreateVerb.checkNamespace(call, metadata);
        Supplier<Result> absent = call.type().strategy().createOnUpdate() && call.info().subresource().isEmpty()
                ? () -> create.createInstead(call, body.deepCopy(), true) : () -> notFound(call);
        return change(call, current -> body.deepCopy(), Options.UPDATE, absent);
    }

    /**
     * @param record    whether managedFields are still to be written
     * @param validates whether the result is validated; false for what is right by construction (deletion marks)
     * @param shown     how admission sees the object
     */
    public record Options(boolean record, boolean validates, Shown shown) {
        public static final Options UPDATE = new Options(true, true, Shown.AS_IT_IS);
        public static final Options APPLY = new Options(false, true, Shown.AS_IT_IS);
        public static final Options INTERNAL = new Options(false, false, Shown.AS_IT_IS);

        public Options shownAs(Shown other) {
            return new Options(record, validates, other);
        }
    }

    /**
     * Reads, changes and writes until no one else wrote in between. A resourceVersion in the result that is not the present one makes it a conflict instead.
     *
     * @throws ApiException 404 when the object is not there
     */
    public Result change(Call call, Change change, Options options) {
        return change(call, change, options, () -> notFound(call));
    }

    private static Result notFound(Call call) {
        throw ApiException.notFound(call.type().group(), call.type().plural(), call.info().name());
    }

    /**
     * As {@link #change(Call, Change, Options)}.
     *
     * @param absent answers when the object is not there; null when it has come in between
     */
    Result change(Call call, Change change, Options options, Supplier<Result> absent) {
        ServedType type = call.type();
        while (true) {
            Entry present = store.get(type, call.key());
            try {
                Result result = present == null ? absent.get() : attempt(call, present, change, options);
                if (result != null) {
                    return result;
                }
            } catch (ApiException e) {
                if (present == null || store.isCurrent(type, call.key(), present)) {
                    throw e;
                }
            } catch (RevisionMismatchException e) {
                // changed in between: look again
            }
        }
    }

    /** @return null when nothing is to be written, but of an object that has changed in between */
    private Result attempt(Call call, Entry present, Change change, Options options) {
        ServedType type = call.type();
        ObjectNode old = store.tree(type, present);
        if (!type.custom()) {
            // what an earlier version has stored
            CanonicalForm.apply(old, type.type().schema());
        }
        ObjectNode updated = change.apply(old.deepCopy());
        checkRevision(type, updated, old, present);
        prepare(call, updated, old, options);
        try (Strategy.Reservation _ = type.strategy().reserve(updated, old); Strategy.Reservation _ = validate(call, updated, old, options)) {
            ((ObjectNode) updated.get("metadata")).put("resourceVersion", Long.toString(present.revision()));
            ManagedFields.keepTimes(old, updated);
            if (call.dryRun()) {
                return store.isCurrent(type, call.key(), present) ? Result.of(200, updated) : null;
            }
            if (isReleased(type, updated)) {
                store.delete(type, call.key(), present.revision());
                return Result.of(200, updated);
            }
            if (updated.equals(old)) {
                // as upstream: a write that changes nothing does not happen, so flash and watchers are spared
                return store.isCurrent(type, call.key(), present) ? Result.of(200, present) : null;
            }
            return Result.of(200, store.update(type, call.key(), updated, present.revision()));
        }
    }

    private Strategy.Reservation validate(Call call, ObjectNode updated, ObjectNode old, Options options) {
        return options.validates() ? pipeline.validate(call, updated, old, options.shown().of(updated), options.shown().of(old)) : Strategy.Reservation.NONE;
    }

    private static void checkRevision(ServedType type, ObjectNode updated, ObjectNode old, Entry present) {
        String name = present.name();
        String uid = Json.text(updated, "metadata", "uid");
        String asked = Json.text(updated, "metadata", "resourceVersion");
        if (!uid.isEmpty() && !uid.equals(Json.text(old, "metadata", "uid"))) {
            throw ApiException.conflict(type.group(), type.plural(), name, "Precondition failed: UID in precondition: " + uid
                    + ", UID in object meta: " + Json.text(old, "metadata", "uid"));
        }
        if (asked.isEmpty() || asked.equals("0")) {
            if (!type.strategy().unconditionalUpdate()) {
                throw ApiException.invalid(type.group(), type.kind(), name, List.of(
                        new ApiException.Cause("FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion")));
            }
        } else if (!asked.equals(Long.toString(present.revision()))) {
            throw ApiException.modified(type.group(), type.plural(), name);
        }
    }

    /** As upstream's BeforeUpdate, which comes after what may still change the object: that, too, changes what is wanted and not what is kept. */
    private void prepare(Call call, ObjectNode updated, ObjectNode old, Options options) {
        if (options.validates()) {
            JsonNode managed = Json.at(old, "metadata", "managedFields");
            if (!updated.get("metadata").has("managedFields") && !managed.isMissingNode()) {
                // absent means untouched; only an empty list resets it
                ((ObjectNode) updated.get("metadata")).set("managedFields", managed.deepCopy());
            }
            keep(call, updated, old);
            pipeline.defaults(call, updated);
        }
        if (options.record()) {
            pipeline.recordManager(call, old, updated);
        }
        if (options.validates()) {
            ObjectNode shown = options.shown().of(updated);
            pipeline.admit(call, Admission.Operation.UPDATE, shown, options.shown().of(old));
            options.shown().takeBack(updated, shown);
            keep(call, updated, old);
        }
    }

    /** Puts back what this request may not change, and counts the generation. */
    private static void keep(Call call, ObjectNode updated, ObjectNode old) {
        Strategy strategy = call.type().strategy();
        ObjectNode metadata = (ObjectNode) updated.get("metadata");
        ObjectNode before = (ObjectNode) old.get("metadata");
        for (String owned : new String[] {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
            if (before.has(owned)) {
                metadata.set(owned, before.get(owned));
            } else {
                metadata.remove(owned);
            }
        }
        metadata.remove("selfLink");
        switch (call.info().subresource()) {
            case "", "scale", "ephemeralcontainers", "resize" -> strategy.prepareForUpdate(updated, old);
            case "status" -> strategy.prepareForStatusUpdate(updated, old);
            default -> { }
        }
    }

    /** Whether an object that is being deleted is held by nothing any more. */
    private static boolean isReleased(ServedType type, ObjectNode object) {
        ObjectNode metadata = (ObjectNode) object.get("metadata");
        return metadata.hasNonNull("deletionTimestamp") && metadata.path("finalizers").isEmpty()
                && metadata.path("deletionGracePeriodSeconds").asLong(0) == 0 && !type.strategy().heldFromDeletion(object);
    }
}
