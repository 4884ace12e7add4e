package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.time.Instant;

/** Server-side apply (KEP-555). */
public final class ServerSideApply {
    private ServerSideApply() {}

    /** @return the merged object with its managedFields; the inputs are not modified */
    public static ObjectNode apply(ObjectNode liveOrNull, ObjectNode config, String manager, boolean force, Schema schema,
            String apiVersion, String subresource, Instant now) throws ApplyConflictException {
        throw new UnsupportedOperationException();
    }
}
