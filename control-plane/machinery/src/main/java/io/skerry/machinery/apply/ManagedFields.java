package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.time.Instant;

/** Who set which field ({@code metadata.managedFields}). */
public final class ManagedFields {
    private ManagedFields() {}

    /** Sets {@code updated.metadata.managedFields} after a create, update or patch by the manager. */
    public static void recordUpdate(ObjectNode liveOrNull, ObjectNode updated, String manager, Schema schema, String apiVersion,
            String subresource, Instant now) {
        throw new UnsupportedOperationException();
    }
}
