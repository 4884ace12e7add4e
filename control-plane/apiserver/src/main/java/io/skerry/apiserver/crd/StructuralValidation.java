package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.List;

/** Validates a custom resource against its structural schema. */
public final class StructuralValidation {
    private StructuralValidation() {
    }

    public static List<FieldError> validate(ResourceType type, ObjectNode object, ObjectNode old) {
        return List.of();
    }
}
