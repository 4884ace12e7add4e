package io.skerry.machinery.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Compares an object with its schema. */
public final class SchemaValidator {

    private SchemaValidator() {}

    /** Paths of the fields that the schema does not know, such as "spec.foo" or "spec.containers[0].bar", in the object's order. */
    public static List<String> unknownFields(ObjectNode object, Schema schema) {
        throw new UnsupportedOperationException();
    }
}
