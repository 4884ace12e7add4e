package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.util.List;

/** A resource that everybody writes in one version: who converts has not looked. */
record OneVersion(Schema schema) implements Versions {
    @Override
    public Schema schema(String apiVersion) {
        return schema;
    }

    @Override
    public List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion) {
        throw new AssertionError("there is nothing to convert to " + apiVersion);
    }
}
