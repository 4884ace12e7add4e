package io.skerry.machinery.print;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;
import java.time.Instant;
import java.util.List;

/** The meta.k8s.io/v1 Table that kubectl get asks for. */
public final class TablePrinter {
    private TablePrinter() {}

    public static ObjectNode table(ResourceType type, List<ObjectNode> objects, String resourceVersion, String continueOrNull,
            Long remainingOrNull, String includeObject, Instant now) {
        throw new UnsupportedOperationException();
    }
}
