package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.util.List;

/**
 * The versions of one resource. A manager's fields are of the version that it wrote, where they may have other names than in the version of
 * the write that touches them (structured-merge-diff, merge.Converter).
 */
public interface Versions {

    /** The schema of the objects in one version, such as "autoscaling/v1"; null when the resource has no such version. */
    Schema schema(String apiVersion);

    /**
     * Objects in another version.
     *
     * @param objects of one version, not necessarily complete; may be changed in place
     * @param apiVersion one that has a schema
     * @return as many, in the same order
     */
    List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion);
}
