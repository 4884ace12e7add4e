package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;

/** What the API server checks beyond a type's schema before it stores an object. */
public final class Validation {
    private Validation() {}

    /** @param oldOrNull the stored object on update, null on create */
    public static List<FieldError> validate(ResourceType type, ObjectNode updated, ObjectNode oldOrNull) {
        throw new UnsupportedOperationException();
    }
}
