package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.User;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.validation.Names;
import java.nio.charset.StandardCharsets;
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
 * @param dry      whether its body, too, said that nothing is to be written
 */
public record Call(ApiRequest request, RequestInfo info, Query query, ServedType type, List<String> warnings, Map<String, String> audit, boolean dry) {
    /** Bytes of a field manager's name. */
    private static final int MAX_MANAGER = 128;

    public Call(ApiRequest request, RequestInfo info, Query query, ServedType type) {
        this(request, info, query, type, Collections.synchronizedList(new ArrayList<>()), new ConcurrentHashMap<>(), false);
    }

    /** This call, of which its body says whether it is a dry run: DeleteOptions do, those of an eviction too. */
    public Call dryAs(boolean bodySays) {
        return new Call(request, info, query, type, warnings, audit, dry || bodySays);
    }

    public User user() {
        return request.user();
    }

    public String key() {
        return type.key(info.namespace(), info.name());
    }

    /** {@code dryRun=All} of the query, or what the body said: everything happens but the write. */
    public boolean dryRun() {
        List<String> values = query.all("dryRun");
        boolean asked = !values.isEmpty() && !values.equals(List.of("")) && isDryRun(values, switch (info.verb()) {
            case "create" -> "CreateOptions";
            case "patch" -> "PatchOptions";
            case "delete", "deletecollection" -> "DeleteOptions";
            default -> "UpdateOptions";
        });
        return asked || dry;
    }

    /**
     * Whether the values of a field dryRun ask for a dry run.
     *
     * @param options kind of the options that they are of
     * @throws ApiException 422 for any value but All
     */
    public static boolean isDryRun(List<String> values, String options) {
        for (String value : values) {
            if (!value.equals("All")) {
                throw ApiException.invalid("meta.k8s.io", options, "",
                        List.of(new ApiException.Cause("FieldValueNotSupported", "Unsupported value: \"" + value + "\": supported values: \"All\"", "dryRun")));
            }
        }
        return !values.isEmpty();
    }

    /** {@code fieldManager}, or what the client calls itself in its User-Agent up to the first slash. */
    public String fieldManager() {
        String asked = query.get("fieldManager");
        if (asked.getBytes(StandardCharsets.UTF_8).length > MAX_MANAGER) {
            throw ApiException.invalid("meta.k8s.io", "PatchOptions", "",
                    List.of(new ApiException.Cause("FieldValueTooLong", "Too long: may not be more than " + MAX_MANAGER + " bytes", "fieldManager")));
        }
        List<String> problems = Names.printable(asked);
        if (!problems.isEmpty()) {
            throw ApiException.invalid("meta.k8s.io", "PatchOptions", "", problems.stream()
                    .map(problem -> new ApiException.Cause("FieldValueInvalid", "Invalid value: " + TextNode.valueOf(asked) + ": " + problem, "fieldManager")).toList());
        }
        if (!asked.isEmpty()) {
            return asked;
        }
        String agent = request.header("User-Agent");
        return agent == null || agent.isEmpty() ? "unknown" : nameOf(agent);
    }

    /** What may be a manager's name of it. */
    private static String nameOf(String agent) {
        StringBuilder name = new StringBuilder();
        int bytes = 0;
        for (int c : agent.split("/", 2)[0].codePoints().toArray()) {
            String character = Character.toString(c);
            bytes += character.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_MANAGER) {
                break;
            }
            if (Names.printable(character).isEmpty()) {
                name.append(character);
            }
        }
        return name.toString();
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
