package io.skerry.apiserver.registry;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.User;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One authorised request for a resource, on its way through the server.
 *
 * @param warnings what the answer warns of; added to on the way
 * @param audit    annotations for the audit log; added to on the way
 */
public record Call(ApiRequest request, RequestInfo info, Query query, ServedType type, List<String> warnings, Map<String, String> audit) {

    public Call(ApiRequest request, RequestInfo info, Query query, ServedType type) {
        this(request, info, query, type, Collections.synchronizedList(new ArrayList<>()), new ConcurrentHashMap<>());
    }

    public User user() {
        return request.user();
    }

    public String key() {
        return type.key(info.namespace(), info.name());
    }

    /** {@code dryRun=All}: everything happens but the write. */
    public boolean dryRun() {
        List<String> values = query.all("dryRun");
        if (values.isEmpty() || values.equals(List.of(""))) {
            return false;
        }
        if (values.stream().anyMatch(v -> !v.equals("All"))) {
            throw ApiException.invalid("meta.k8s.io", info.verb().equals("create") ? "CreateOptions" : info.verb().equals("patch") ? "PatchOptions" : "UpdateOptions", "",
                    List.of(new ApiException.Cause("FieldValueNotSupported", "Unsupported value: \"" + values.getFirst() + "\": supported values: \"All\"", "dryRun")));
        }
        return true;
    }

    /** {@code fieldManager}, or what the client calls itself in its User-Agent up to the first slash. */
    public String fieldManager() {
        String asked = query.get("fieldManager");
        if (asked.length() > 128) {
            throw ApiException.invalid("meta.k8s.io", "PatchOptions", "",
                    List.of(new ApiException.Cause("FieldValueTooLong", "Too long: may not be more than 128 bytes", "fieldManager")));
        }
        if (!asked.isEmpty()) {
            return asked;
        }
        String agent = request.header("User-Agent");
        return agent == null || agent.isEmpty() ? "unknown" : agent.split("/", 2)[0];
    }

    public FieldValidation fieldValidation() {
        return switch (query.get("fieldValidation")) {
            case "Strict" -> FieldValidation.STRICT;
            case "Ignore" -> FieldValidation.IGNORE;
            case "", "Warn" -> FieldValidation.WARN;
            default -> throw ApiException.invalid("meta.k8s.io", "CreateOptions", "", List.of(new ApiException.Cause("FieldValueNotSupported",
                    "Unsupported value: \"" + query.get("fieldValidation") + "\": supported values: \"Ignore\", \"Strict\", \"Warn\"", "fieldValidation")));
        };
    }

    /** What happens with unknown and duplicate fields (KEP-2885). */
    public enum FieldValidation { IGNORE, WARN, STRICT }
}
