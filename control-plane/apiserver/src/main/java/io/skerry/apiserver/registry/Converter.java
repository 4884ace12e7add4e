package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Brings objects of one resource from one of its versions to another. */
@FunctionalInterface
public interface Converter {

    /**
     * @param objects    trees of one's own, of any versions of the resource; may be changed in place
     * @param apiVersion the version wanted
     * @return as many objects, in the same order
     */
    List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion);

    default ObjectNode convert(ObjectNode object, String apiVersion) {
        return object.path("apiVersion").asText().equals(apiVersion) ? object : convert(List.of(object), apiVersion).getFirst();
    }
}
