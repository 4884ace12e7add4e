package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.admission.ConnectOptions;
import io.skerry.apiserver.admission.limits.QuotaAdmission;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.apply.ManagedFields;
import io.skerry.machinery.apply.ServerSideApply;
import io.skerry.machinery.defaults.Defaults;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.DuplicateFields;
import io.skerry.machinery.schema.SchemaValidator;
import io.skerry.machinery.schema.TypeMismatch;
import io.skerry.machinery.validation.FieldError;
import io.skerry.machinery.validation.Validation;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The steps every write takes between decoding and the datastore. */
public final class Pipeline {
    private static final System.Logger LOG = System.getLogger(Pipeline.class.getName());
    /** Metadata of custom resources that Go's omitempty leaves out once the last entry is gone; of built-in types it has no place in their canonical form. */
    private static final List<String> ABSENT_WHEN_EMPTY = List.of("annotations", "finalizers", "labels", "ownerReferences");

    private final List<Admission> admission;
    private final QuotaAdmission quotas;

    /** @param quotas come after all other admission, which may still refuse */
    public Pipeline(List<Admission> admission, QuotaAdmission quotas) {
        this.admission = List.copyOf(admission);
        this.quotas = quotas;
    }

    /** metadata.creationTimestamp and relatives: RFC 3339 in whole seconds, UTC. */
    public static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /**
     * What a client sent becomes an object of the type: kind and apiVersion checked or filled in, unknown fields reported as
     * fieldValidation asks and dropped.
     */
    public void decode(Call call, ObjectNode object) {
        identify(call, object);
        checkTypes(call, object);
        var type = call.type().type();
        if (call.fieldValidation() != Call.FieldValidation.IGNORE) {
            List<String> problems = new ArrayList<>();
            if (Bodies.mediaType(call).endsWith("json")) {
                DuplicateFields.find(call.request().body()).forEach(path -> problems.add("duplicate field \"" + path + "\""));
            }
            SchemaValidator.unknownFields(object, type.schema()).forEach(path -> problems.add("unknown field \"" + path + "\""));
            if (!problems.isEmpty() && call.fieldValidation() == Call.FieldValidation.STRICT) {
                throw ApiException.badRequest(type.kind() + " in version \"" + type.version() + "\" cannot be handled as a " + type.kind()
                        + ": strict decoding error: " + String.join(", ", problems));
            }
            call.warnings().addAll(problems);
        }
        Normalizing.normalize(object, type.schema());
    }

    /**
     * As {@link #decode} for an applied configuration, of which every field must be declared. Upstream answers 500 to one that is not
     * (kubernetes/kubernetes#122480), which clients take for the server's fault and try again.
     */
    public static void decodeApplied(Call call, ObjectNode config) {
        identify(call, config);
        checkTypes(call, config);
        call.fieldValidation(); // a value that it cannot have is refused all the same
        try {
            ServerSideApply.checkDeclared(config, call.type().type().schema());
        } catch (PatchException e) {
            throw ApiException.badRequest(e.getMessage());
        }
        Normalizing.normalize(config, call.type().type().schema());
    }

    private static void identify(Call call, ObjectNode object) {
        var type = call.type().type();
        String kind = Json.text(object, "kind");
        String apiVersion = Json.text(object, "apiVersion");
        if (!kind.isEmpty() && !kind.equals(type.kind()) || !apiVersion.isEmpty() && !apiVersion.equals(type.apiVersion())) {
            throw ApiException.badRequest("the object provided is unrecognized (must be of type " + type.kind() + "): the body has apiVersion "
                    + quoted(apiVersion) + " and kind " + quoted(kind) + ", this path takes " + type.apiVersion() + " " + type.kind());
        }
        object.put("apiVersion", type.apiVersion());
        object.put("kind", type.kind());
        if (object.has("metadata") && !object.get("metadata").isObject() && !object.get("metadata").isNull()) {
            throw ApiException.badRequest(type.kind() + " in version \"" + type.version() + "\" cannot be handled as a " + type.kind()
                    + ": metadata must be an object");
        }
        Json.ensureObject(object, "metadata");
    }

    private static void checkTypes(Call call, ObjectNode object) {
        mismatch(call, object).ifPresent(mismatch -> {
            throw ApiException.badRequest(call.type().kind() + " in version \"" + call.type().type().version() + "\" cannot be handled as a "
                    + call.type().kind() + ": " + mismatch.decodeError());
        });
    }

    private static Optional<TypeMismatch> mismatch(Call call, ObjectNode object) {
        // of a custom resource validation tells them, all at once
        return call.type().custom() ? Optional.empty() : SchemaValidator.typeMismatches(object, call.type().type().schema()).stream().findFirst();
    }

    /**
     * As {@link #decode} and {@link #defaults}, for what admission has changed from outside.
     *
     * @return what is not of the type; the object is then as it came
     */
    public static Optional<TypeMismatch> decodeChanged(Call call, ObjectNode object) {
        Optional<TypeMismatch> mismatch = mismatch(call, object);
        if (mismatch.isEmpty()) {
            Normalizing.normalize(object, call.type().type().schema());
            complete(call, object);
        }
        return mismatch;
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }

    /** Brings an object into the form it is stored in: empty metadata goes, what the type has defaults for comes. */
    public void defaults(Call call, ObjectNode object) {
        complete(call, object);
    }

    private static void complete(Call call, ObjectNode object) {
        if (call.type().custom()) {
            ObjectNode metadata = (ObjectNode) object.get("metadata");
            for (String field : ABSENT_WHEN_EMPTY) {
                if (metadata.path(field).isContainerNode() && metadata.get(field).isEmpty()) {
                    metadata.remove(field);
                }
            }
            StructuralDefaults.apply(object, call.type().type().schema());
        } else {
            Defaults.apply(call.type().type(), object);
        }
    }

    /** Records in managedFields what this client's create, update or patch set. */
    public void recordManager(Call call, ObjectNode old, ObjectNode updated) {
        String manager = call.fieldManager();
        try {
            ManagedFields.recordUpdate(old, updated, manager, call.type().versions(), call.type().type().apiVersion(), call.info().subresource(), now());
        } catch (ApiException e) {
            // managers wrote it in a version that it cannot be converted to now: as upstream, the write does not fail for that; who owns what stays as it was
            LOG.log(System.Logger.Level.DEBUG, "who set which field of {0} {1} is not recorded: {2}", call.type().kind(), Json.text(updated, "metadata", "name"),
                    e.getMessage());
        }
    }

    /** What may still change the object of a create or update. */
    public void admit(Call call, Admission.Operation operation, ObjectNode object, ObjectNode old) {
        for (Admission plugin : admission) {
            plugin.admit(call, operation, object, old);
        }
    }

    /** All of admission for a POST whose object is not stored. */
    public void admitUnstored(Call call, ObjectNode object) {
        admitUnstored(call, Admission.Operation.CREATE, object);
    }

    /** All of admission for exec, attach and port-forward. */
    public void admitConnect(Call call) {
        admitUnstored(call, Admission.Operation.CONNECT, ConnectOptions.of(call));
    }

    private void admitUnstored(Call call, Admission.Operation operation, ObjectNode object) {
        // clients may leave out what the path says already
        call.type().type().subresource(call.info().subresource()).ifPresent(sub -> {
            object.put("kind", sub.kind());
            object.put("apiVersion", sub.group().isEmpty() ? sub.version() : sub.group() + "/" + sub.version());
        });
        for (Admission plugin : admission) {
            plugin.admitUnstored(call, operation, object);
        }
    }

    /** A DELETE has nothing to validate: all of admission at once. */
    public void admitDelete(Call call, ObjectNode present) {
        admit(call, Admission.Operation.DELETE, present, present);
        for (Admission plugin : admission) {
            plugin.validate(call, Admission.Operation.DELETE, present, present);
        }
    }

    /**
     * The last word on what would be stored: the type's own rules, then admission's.
     *
     * @return what is taken for it in quotas, to be closed when it is written or given up
     * @throws ApiException 422 with one cause an error, or what admission answers
     */
    public Strategy.Reservation validate(Call call, ObjectNode object, ObjectNode old) {
        return validate(call, object, old, object, old);
    }

    /** As {@link #validate(Call, ObjectNode, ObjectNode)}, where admission is shown the object as another kind: a Scale. */
    public Strategy.Reservation validate(Call call, ObjectNode object, ObjectNode old, ObjectNode shown, ObjectNode shownOld) {
        ServedType type = call.type();
        List<FieldError> errors = new ArrayList<>(Validation.validate(type.type(), object, old, call.info().subresource()));
        errors.addAll(type.strategy().validate(object, old));
        if (!errors.isEmpty()) {
            throw invalid(type, Json.text(object, "metadata", "name"), errors);
        }
        if (call.info().subresource().isEmpty()) {
            call.warnings().addAll(type.strategy().warnings(object, old));
        }
        for (Admission plugin : admission) {
            plugin.validate(call, old == null ? Admission.Operation.CREATE : Admission.Operation.UPDATE, shown, shownOld);
        }
        return quotas.book(call, shown, shownOld);
    }

    public static ApiException invalid(ServedType type, String name, List<FieldError> errors) {
        return ApiException.invalid(type.group(), type.kind(), name,
                errors.stream().map(e -> new ApiException.Cause(e.type().reason(), e.message(), e.field())).toList());
    }
}
