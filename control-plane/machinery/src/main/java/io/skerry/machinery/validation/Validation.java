package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the API server checks beyond a type's schema before it stores an object, in upstream's words
 * (k8s.io/kubernetes/pkg/apis, validation.go of each group). Objects are checked as they are after defaulting.
 */
public final class Validation {

    /** Checks one type. */
    interface Check {
        /** @param old null on create */
        void check(ObjectNode object, ObjectNode old, Errors errors);
    }

    private static final Map<String, Check> CHECKS = new HashMap<>();

    static {
        PodValidation.declare(CHECKS);
        WorkloadValidation.declare(CHECKS);
        BatchValidation.declare(CHECKS);
        ServiceValidation.declare(CHECKS);
        NetworkValidation.declare(CHECKS);
        ConfigValidation.declare(CHECKS);
        StorageValidation.declare(CHECKS);
        RbacValidation.declare(CHECKS);
        ClusterValidation.declare(CHECKS);
        AggregationValidation.declare(CHECKS);
        FlowControlValidation.declare(CHECKS);
        EventValidation.declare(CHECKS);
        EndpointSliceValidation.declare(CHECKS);
        WebhookValidation.declare(CHECKS);
        AdmissionPolicyValidation.declare(CHECKS);
    }

    private Validation() {}

    /** As {@link #validate(ResourceType, ObjectNode, ObjectNode, String)} for the object itself. */
    public static List<FieldError> validate(ResourceType type, ObjectNode updated, ObjectNode oldOrNull) {
        return validate(type, updated, oldOrNull, "");
    }

    /**
     * Checks an object that is about to be stored. Of types without rules of their own, custom resources among them, the metadata.
     *
     * @param oldOrNull the stored object on update, null on create
     * @param subresource the endpoint that is written: through "status", "scale" and a pod's own subresources, fields may change
     *     that may not change through the object itself
     */
    public static List<FieldError> validate(ResourceType type, ObjectNode updated, ObjectNode oldOrNull, String subresource) {
        Errors errors = new Errors();
        MetadataValidation.check(type, updated, oldOrNull, errors);
        String id = type.group().isEmpty() ? type.plural() : type.plural() + "." + type.group();
        Check check = CHECKS.get(id);
        if (oldOrNull != null && subresource.equals("status")) {
            StatusValidation.check(id, updated, oldOrNull, errors);
        }
        if (oldOrNull != null && subresource.equals("approval")) {
            CertificateRequestValidation.approval(updated, oldOrNull, errors);
        }
        if (id.equals("namespaces") && subresource.equals("finalize")) {
            ClusterValidation.finalizers(updated, errors);
        }
        boolean whole = subresource.isEmpty() || subresource.equals("scale");
        if (check != null && whole) {
            check.check(updated, oldOrNull, errors);
            LaterPodRules.check(id, updated, oldOrNull, errors);
            if (id.equals("pods") && oldOrNull == null) {
                EphemeralContainerValidation.create(updated, errors);
                PodValidation.create(updated, errors);
            }
        } else if (id.equals("pods") && !subresource.equals("status")) {
            check.check(updated, null, errors); // binding, resize, ephemeralcontainers: still a valid pod, but another one
            if (subresource.equals("ephemeralcontainers")) {
                EphemeralContainerValidation.update(updated, oldOrNull, errors);
            } else if (subresource.equals("resize") && errors.list().isEmpty()) { // amounts that can be compared
                ResizeValidation.check(updated, oldOrNull, errors);
            }
        }
        return errors.list();
    }
}
