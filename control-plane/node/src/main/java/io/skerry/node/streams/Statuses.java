package io.skerry.node.streams;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;

/** v1.Status objects that end a stream. */
final class Statuses {
    private Statuses() {
    }

    static ObjectNode success() {
        ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        return status.put("status", "Success");
    }

    static ObjectNode failure(int code, String message) {
        ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        return status.put("status", "Failure").put("message", message).put("reason", "InternalError").put("code", code);
    }
}
