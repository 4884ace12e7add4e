package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;

/** The values the API server fills in for fields that a built-in type's object leaves out. */
public final class Defaults {
    private Defaults() {}

    /** Modifies the object. */
    public static void apply(ResourceType type, ObjectNode object) {
        throw new UnsupportedOperationException();
    }
}
