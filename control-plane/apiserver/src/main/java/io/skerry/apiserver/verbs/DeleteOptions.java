package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * meta.k8s.io/v1 DeleteOptions.
 *
 * @param gracePeriodSeconds null when nothing was said
 * @param uid                of the preconditions; "" for any
 * @param resourceVersion    of the preconditions; "" for any
 * @param propagationPolicy  Foreground, Background or Orphan; "" when nothing was said
 */
public record DeleteOptions(Long gracePeriodSeconds, String uid, String resourceVersion, String propagationPolicy, boolean dryRun) {
    private static final List<String> POLICIES = List.of("Foreground", "Background", "Orphan");

    /** Those of a DELETE: its body's, and where that says nothing the query's. Who does not say what becomes of the dependents is warned where that may surprise. */
    public static DeleteOptions of(Call call) {
        ObjectNode body = Bodies.optionalObject(call);
        String kind = Json.text(body, "kind");
        if (!kind.isEmpty() && !kind.equals("DeleteOptions")) {
            throw ApiException.badRequest("DeleteOptions expected as the body of a DELETE, not " + kind);
        }
        DeleteOptions said = of(body);
        String policy = said.propagationPolicy;
        if (policy.isEmpty()) {
            policy = policy(call.query().get("propagationPolicy"), call.query().has("orphanDependents") ? call.query().flag("orphanDependents") : null);
        }
        String warning = call.type().strategy().defaultPropagationWarning();
        if (policy.isEmpty() && !warning.isEmpty()) {
            call.warnings().add(warning);
        }
        return new DeleteOptions(said.gracePeriodSeconds == null ? call.query().number("gracePeriodSeconds") : said.gracePeriodSeconds, said.uid,
                said.resourceVersion, policy, said.dryRun);
    }

    /** @throws ApiException 422 for a value that the field cannot have */
    public static DeleteOptions of(JsonNode options) {
        Long grace = options.hasNonNull("gracePeriodSeconds") ? Long.valueOf(options.get("gracePeriodSeconds").asLong()) : null;
        JsonNode orphan = options.path("orphanDependents");
        String policy = policy(Json.text(options, "propagationPolicy"), orphan.isBoolean() ? orphan.asBoolean() : null);
        return new DeleteOptions(grace, Json.text(options, "preconditions", "uid"), Json.text(options, "preconditions", "resourceVersion"), policy, dryRun(options.path("dryRun")));
    }

    /** The same of an object at one revision only. */
    public DeleteOptions at(long revision) {
        return new DeleteOptions(gracePeriodSeconds, uid, Long.toString(revision), propagationPolicy, dryRun);
    }

    /** @param orphan orphanDependents, the older way to say it; null when nothing was said */
    private static String policy(String policy, Boolean orphan) {
        if (orphan != null && policy.isEmpty()) {
            return orphan ? "Orphan" : "Background";
        }
        if (orphan != null) {
            throw ApiException.invalid("meta.k8s.io", "DeleteOptions", "", List.of(new ApiException.Cause("FieldValueInvalid",
                    "Invalid value: \"" + policy + "\": orphanDependents and deletionPropagation cannot be both set", "propagationPolicy")));
        }
        if (!policy.isEmpty() && !POLICIES.contains(policy)) {
            throw ApiException.invalid("meta.k8s.io", "DeleteOptions", "", List.of(new ApiException.Cause("FieldValueNotSupported",
                    "Unsupported value: \"" + policy + "\": supported values: \"Background\", \"Foreground\", \"Orphan\"", "propagationPolicy")));
        }
        return policy;
    }

    private static boolean dryRun(JsonNode values) {
        if (values.isMissingNode() || values.isNull()) {
            return false;
        }
        if (!values.isArray()) {
            throw ApiException.badRequest("dryRun of DeleteOptions must be a list such as [\"All\"], not " + values);
        }
        List<String> said = new ArrayList<>();
        values.forEach(value -> said.add(value.asText()));
        return Call.isDryRun(said, "DeleteOptions");
    }
}
