package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.authz.Attributes;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.apiserver.status.ApiException;
import io.skerry.datastore.KeyExistsException;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** POST to a collection. */
public final class CreateVerb {
    /** No vowels, so that no words come out; no 0, 1 and 3, that look like letters (upstream's rand.String). */
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int MAX_GENERATED_BASE = 58;
    private static final int GENERATE_ATTEMPTS = 8;
    /** Metadata that the server gives. */
    private static final List<String> GIVEN = List.of("uid", "creationTimestamp", "resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation");

    private final Store store;
    private final Pipeline pipeline;
    private final Authorizer authorizer;

    public CreateVerb(Store store, Pipeline pipeline, Authorizer authorizer) {
        this.store = store;
        this.pipeline = pipeline;
        this.authorizer = authorizer;
    }

    public Result create(Call call) {
        ObjectNode object = Bodies.object(call);
        pipeline.decode(call, object);
        Result result = create(call, object, true);
        if (result == null) {
            throw alreadyExists(call, object);
        }
        return result;
    }

    private static ApiException alreadyExists(Call call, ObjectNode object) {
        return ApiException.alreadyExists(call.type().group(), call.type().plural(), Json.text(object, "metadata", "name"));
    }

    /**
     * As {@link #create(Call, ObjectNode, boolean)} for a PUT or an apply of what is not there: the verbs update and patch alone create nothing.
     *
     * @return null when there is one meanwhile
     * @throws ApiException 403 when the user may not create it
     */
    Result createInstead(Call call, ObjectNode object, boolean record) {
        authorizer.require(Attributes.resource(call.user(), "create", call.type().group(), call.type().plural(), call.info().name(), call.info().namespace()));
        Result result = create(call, object, record);
        if (result == null && !Json.text(object, "metadata", "name").equals(call.info().name())) {
            // admission has given it a name that is taken
            throw alreadyExists(call, object);
        }
        return result;
    }

    /**
     * Creates a decoded object, which it changes.
     *
     * @param record whether managedFields are still to be written (apply has written them)
     * @return null when there is one of its name
     */
    private Result create(Call call, ObjectNode object, boolean record) {
        ServedType type = call.type();
        ObjectNode metadata = (ObjectNode) object.get("metadata");
        checkNamespace(call, metadata);
        if (!Json.text(metadata, "resourceVersion").isEmpty() && !Json.text(metadata, "resourceVersion").equals("0")) {
            throw ApiException.badRequest("resourceVersion should not be set on objects to be created");
        }
        admit(call, object, record);
        String base = Json.text(object, "metadata", "generateName");
        boolean generated = Json.text(object, "metadata", "name").isEmpty() && !base.isEmpty();
        for (int attempt = 1;; attempt++) {
            ObjectNode candidate = generated ? object.deepCopy() : object;
            if (generated) {
                ((ObjectNode) candidate.get("metadata")).put("name", generate(base));
            }
            Result result = createOnce(call, candidate);
            if (result != null || !generated) {
                return result;
            }
            if (attempt == GENERATE_ATTEMPTS) {
                throw ApiException.generateNameConflict(type.group(), type.plural(), Json.text(candidate, "metadata", "name"));
            }
        }
    }

    /** Before there is a uid, a generated name or anything else that the server gives, as upstream: what may change the object comes before its strategy. */
    private void admit(Call call, ObjectNode object, boolean record) {
        ObjectNode metadata = (ObjectNode) object.get("metadata");
        metadata.remove(GIVEN);
        if (record) {
            metadata.remove("managedFields");
        }
        pipeline.defaults(call, object);
        if (record) {
            pipeline.recordManager(call, null, object);
        }
        pipeline.admit(call, Admission.Operation.CREATE, object, null);
        checkNamespace(call, (ObjectNode) object.get("metadata"));
    }

    private Result createOnce(Call call, ObjectNode object) {
        ServedType type = call.type();
        Strategy strategy = type.strategy();
        ObjectNode metadata = (ObjectNode) object.get("metadata");
        metadata.remove(GIVEN);
        metadata.put("uid", UUID.randomUUID().toString());
        metadata.put("creationTimestamp", Pipeline.now().toString());
        strategy.prepareForCreate(object);
        try (Strategy.Reservation _ = strategy.reserve(object, null); Strategy.Reservation _ = pipeline.validate(call, object, null)) {
            String key = type.key(Json.text(metadata, "namespace"), Json.text(metadata, "name"));
            if (call.dryRun()) {
                return store.get(type, key) == null ? Result.of(201, object) : null;
            }
            return Result.of(201, store.create(type, key, object));
        } catch (KeyExistsException e) {
            return null;
        }
    }

    /** The namespace of the path holds; an object may repeat it. */
    static void checkNamespace(Call call, ObjectNode metadata) {
        String given = Json.text(metadata, "namespace");
        if (!call.type().namespaced()) {
            // upstream clears it silently for cluster-scoped types
            metadata.remove("namespace");
        } else if (call.info().namespace().isEmpty()) {
            throw ApiException.badRequest("an empty namespace may not be set during creation");
        } else if (given.isEmpty()) {
            metadata.put("namespace", call.info().namespace());
        } else if (!given.equals(call.info().namespace())) {
            throw ApiException.badRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    static String generate(String base) {
        StringBuilder name = new StringBuilder(base.length() > MAX_GENERATED_BASE ? base.substring(0, MAX_GENERATED_BASE) : base);
        for (int i = 0; i < 5; i++) {
            name.append(ALPHABET.charAt(ThreadLocalRandom.current().nextInt(ALPHABET.length())));
        }
        return name.toString();
    }
}
