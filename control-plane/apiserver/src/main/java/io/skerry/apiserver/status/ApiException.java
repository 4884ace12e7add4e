package io.skerry.apiserver.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.List;

/**
 * A request that ends with a {@code v1.Status} of Failure. The factories give code, reason, message and details as
 * {@code k8s.io/apimachinery/pkg/api/errors} does, because clients act on them.
 */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ObjectNode status;

    /** One entry of {@code status.details.causes}. */
    public record Cause(String reason, String message, String field) {
    }

    private ApiException(int code, String reason, String message, ObjectNode details) {
        super(message, null, false, false);
        ObjectNode node = Json.object();
        node.put("kind", "Status").put("apiVersion", "v1");
        node.putObject("metadata");
        node.put("status", "Failure").put("message", message);
        if (!reason.isEmpty()) {
            node.put("reason", reason);
        }
        if (details != null && !details.isEmpty()) {
            node.set("details", details);
        }
        node.put("code", code);
        this.status = node;
    }

    public int code() {
        return status.path("code").asInt();
    }

    public String reason() {
        return status.path("reason").asText("");
    }

    /** The v1.Status to send; a caller may add to it. */
    public ObjectNode status() {
        return status;
    }

    /** The same failure with causes in its details. */
    public ApiException withCauses(List<Cause> causes) {
        withCauses(Json.ensureObject(status, "details"), causes);
        return this;
    }

    /** {@code pods}, {@code deployments.apps}: schema.GroupResource's string. */
    public static String qualified(String group, String resource) {
        return group.isEmpty() ? resource : resource + "." + group;
    }

    public static ApiException notFound(String group, String plural, String name) {
        return new ApiException(404, "NotFound", qualified(group, plural) + " \"" + name + "\" not found", details(group, plural, name));
    }

    /** A path that nothing serves, told as a Status as the API groups do. */
    public static ApiException noSuchResource() {
        return new ApiException(404, "NotFound", "the server could not find the requested resource", Json.object());
    }

    public static ApiException alreadyExists(String group, String plural, String name) {
        return new ApiException(409, "AlreadyExists", qualified(group, plural) + " \"" + name + "\" already exists", details(group, plural, name));
    }

    /** A generated name that was taken; the client should ask again. */
    public static ApiException generateNameConflict(String group, String plural, String name) {
        ObjectNode details = details(group, plural, name);
        details.put("retryAfterSeconds", 1);
        return new ApiException(409, "AlreadyExists", qualified(group, plural) + " \"" + name
                + "\" already exists, the server was not able to generate a unique name for the object", details);
    }

    public static ApiException conflict(String group, String plural, String name, String message) {
        return new ApiException(409, "Conflict", "Operation cannot be fulfilled on " + qualified(group, plural) + " \"" + name + "\": " + message,
                details(group, plural, name));
    }

    /** The optimistic lock failed. */
    public static ApiException modified(String group, String plural, String name) {
        return conflict(group, plural, name, "the object has been modified; please apply your changes to the latest version and try again");
    }

    /** A conflict between field managers of server-side apply. */
    public static ApiException applyConflict(String message, List<Cause> causes) {
        return new ApiException(409, "Conflict", message, withCauses(Json.object(), causes));
    }

    /** Validation failed. One cause's text is the message; several are listed in brackets, as field.ErrorList aggregates. */
    public static ApiException invalid(String group, String kind, String name, List<Cause> causes) {
        String reasons = String.join(", ", causes.stream().map(c -> c.field().isEmpty() ? c.message() : c.field() + ": " + c.message()).distinct().toList());
        boolean several = causes.stream().map(c -> c.field() + c.message()).distinct().count() > 1;
        return new ApiException(422, "Invalid", qualified(group, kind) + " \"" + name + "\" is invalid: " + (several ? "[" + reasons + "]" : reasons),
                withCauses(details(group, kind, name), causes));
    }

    public static ApiException badRequest(String message) {
        return new ApiException(400, "BadRequest", message, null);
    }

    /** What was asked is well-formed but does not fit the object, e.g. a JSON patch whose test fails. */
    public static ApiException invalidRequest(String message) {
        return new ApiException(422, "Invalid", "the server rejected our request due to an error in our request: " + message, Json.object());
    }

    public static ApiException unauthorized() {
        return new ApiException(401, "Unauthorized", "Unauthorized", null);
    }

    /** Admission or authorization said no to something with a name; {@code why} follows "is forbidden: ". */
    public static ApiException forbidden(String group, String plural, String name, String why) {
        String what = name.isEmpty() ? qualified(group, plural) + " is forbidden: " : qualified(group, plural) + " \"" + name + "\" is forbidden: ";
        return new ApiException(403, "Forbidden", what + why, details(group, plural, name));
    }

    /** Authorization of a path that is no resource failed. */
    public static ApiException forbiddenPath(String message) {
        return new ApiException(403, "Forbidden", "forbidden: " + message, Json.object());
    }

    /** What was asked to continue or to watch from lies too far in the past (410, clients list anew). */
    public static ApiException expired(String message) {
        return new ApiException(410, "Expired", message, null);
    }

    /** A revision that does not exist yet; the client may ask again. */
    public static ApiException tooLargeResourceVersion(long asked, long current) {
        ObjectNode details = withCauses(Json.object(), List.of(new Cause("ResourceVersionTooLarge", "Too large resource version", "")));
        details.put("retryAfterSeconds", 1);
        return new ApiException(504, "Timeout", "Timeout: Too large resource version: " + asked + ", current: " + current, details);
    }

    public static ApiException methodNotAllowed(String group, String plural, String verb) {
        ObjectNode details = Json.object();
        if (!group.isEmpty()) {
            details.put("group", group);
        }
        details.put("kind", plural);
        return new ApiException(405, "MethodNotAllowed", verb + " is not supported on resources of kind \"" + qualified(group, plural) + "\"", details);
    }

    public static ApiException methodNotAllowed() {
        return new ApiException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", null);
    }

    public static ApiException notAcceptable(List<String> accepted) {
        return new ApiException(406, "NotAcceptable", "only the following media types are accepted: " + String.join(", ", accepted), null);
    }

    public static ApiException requestTooLarge(String why) {
        return new ApiException(413, "RequestEntityTooLarge", "Request entity too large: " + why, null);
    }

    public static ApiException unsupportedMediaType(List<String> accepted) {
        return new ApiException(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: "
                + String.join(", ", accepted), null);
    }

    public static ApiException tooManyRequests(String message, int retryAfterSeconds, List<Cause> causes) {
        ObjectNode details = Json.object();
        if (retryAfterSeconds > 0) {
            details.put("retryAfterSeconds", retryAfterSeconds);
        }
        return new ApiException(429, "TooManyRequests", message, withCauses(details, causes));
    }

    public static ApiException internal(String message) {
        return new ApiException(500, "InternalError", "Internal error occurred: " + message, withCauses(Json.object(), List.of(new Cause("", message, ""))));
    }

    public static ApiException serviceUnavailable(String message) {
        return new ApiException(503, "ServiceUnavailable", message, null);
    }

    /** An error a node's streams answered, with its own code. */
    public static ApiException ofCode(int code, String message) {
        String reason = switch (code) {
            case 400 -> "BadRequest";
            case 404 -> "NotFound";
            case 503 -> "ServiceUnavailable";
            default -> code >= 500 ? "InternalError" : "";
        };
        return new ApiException(code, reason, message, null);
    }

    private static ObjectNode details(String group, String kind, String name) {
        ObjectNode details = Json.object();
        if (!name.isEmpty()) {
            details.put("name", name);
        }
        if (!group.isEmpty()) {
            details.put("group", group);
        }
        if (!kind.isEmpty()) {
            details.put("kind", kind);
        }
        return details;
    }

    private static ObjectNode withCauses(ObjectNode details, List<Cause> causes) {
        if (causes.isEmpty()) {
            return details;
        }
        ArrayNode list = details.putArray("causes");
        for (Cause cause : causes) {
            ObjectNode node = list.addObject();
            if (!cause.reason().isEmpty()) {
                node.put("reason", cause.reason());
            }
            node.put("message", cause.message());
            if (!cause.field().isEmpty()) {
                node.put("field", cause.field());
            }
        }
        return details;
    }
}
