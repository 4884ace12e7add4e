package io.skerry.apiserver.reviews;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.User;
import io.skerry.apiserver.authz.Attributes;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.authz.Rbac;
import io.skerry.apiserver.authz.Rule;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.Result;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** authorization.k8s.io/v1: questions about what someone may do. */
public final class AccessReviews {
    private final Authorizer authorizer;
    private final Rbac rbac;
    private final Pipeline pipeline;

    public AccessReviews(Authorizer authorizer, Rbac rbac, Pipeline pipeline) {
        this.pipeline = pipeline;
        this.authorizer = authorizer;
        this.rbac = rbac;
    }

    /** SelfSubjectAccessReview: {@code kubectl auth can-i}. */
    public Result self(Call call) {
        return review(call, body(call), call.user(), false);
    }

    /** SubjectAccessReview and LocalSubjectAccessReview. */
    public Result subject(Call call) {
        ObjectNode review = body(call);
        JsonNode spec = review.path("spec");
        List<String> groups = new ArrayList<>();
        spec.path("groups").forEach(g -> groups.add(g.asText()));
        String name = Json.text(spec, "user");
        if (name.isEmpty() && groups.isEmpty()) {
            throw invalid(call, "spec.user", "FieldValueInvalid", "Invalid value: \"\": at least one of user or group must be specified");
        }
        Map<String, List<String>> extra = new HashMap<>();
        spec.path("extra").properties().forEach(e -> {
            List<String> values = new ArrayList<>();
            e.getValue().forEach(v -> values.add(v.asText()));
            extra.put(e.getKey(), values);
        });
        return review(call, review, new User(name, Json.text(spec, "uid"), groups, extra), call.type().namespaced());
    }

    private ObjectNode body(Call call) {
        ObjectNode review = Bodies.object(call);
        pipeline.admitUnstored(call, review);
        return review;
    }

    private Result review(Call call, ObjectNode review, User user, boolean local) {
        JsonNode resource = Json.at(review, "spec", "resourceAttributes");
        JsonNode path = Json.at(review, "spec", "nonResourceAttributes");
        if (resource.isObject() == path.isObject()) {
            throw invalid(call, "spec.resourceAttributes", "FieldValueInvalid",
                    "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified");
        }
        if (local && !Json.text(resource, "namespace").equals(call.info().namespace())) {
            throw ApiException.badRequest("spec.resourceAttributes.namespace must match namespace: " + call.info().namespace());
        }
        List<ApiException.Cause> problems = ReviewedSelectors.problems(resource);
        if (!problems.isEmpty()) {
            throw ApiException.invalid(call.type().group(), call.type().kind(), "", problems);
        }
        ReviewedSelectors selectors = ReviewedSelectors.of(resource);
        Attributes wanted = path.isObject()
                ? new Attributes(user, false, Json.text(path, "verb"), "", "", "", "", "", Json.text(path, "path"))
                : new Attributes(user, true, Json.text(resource, "verb"), Json.text(resource, "group"), Json.text(resource, "resource"),
                        Json.text(resource, "subresource"), Json.text(resource, "name"), Json.text(resource, "namespace"), "", selectors.fieldSelector());
        Authorizer.Decision decision = authorizer.decide(wanted);
        ObjectNode status = Json.object().put("allowed", decision.allowed());
        if (!decision.reason().isEmpty()) {
            status.put("reason", decision.reason());
        }
        if (!selectors.evaluationError().isEmpty()) {
            status.put("evaluationError", selectors.evaluationError());
        }
        return answer(call, review, status);
    }

    /** SelfSubjectRulesReview: {@code kubectl auth can-i --list}. */
    public Result rules(Call call) {
        ObjectNode review = body(call);
        String namespace = Json.text(review, "spec", "namespace");
        if (namespace.isEmpty()) {
            throw ApiException.badRequest("no namespace on request");
        }
        ObjectNode status = Json.object();
        ArrayNode resources = status.putArray("resourceRules");
        ArrayNode paths = status.putArray("nonResourceRules");
        List<Rule> rules = new ArrayList<>(rbac.rules(call.user(), namespace));
        if (call.user().in(User.MASTERS)) {
            List<String> any = List.of("*");
            rules.add(new Rule(any, any, any, List.of(), List.of()));
            rules.add(new Rule(any, List.of(), List.of(), List.of(), any));
        }
        for (Rule rule : rules) {
            if (!rule.resources().isEmpty()) {
                ObjectNode node = resources.addObject();
                strings(node, "verbs", rule.verbs());
                strings(node, "apiGroups", rule.groups());
                strings(node, "resources", rule.resources());
                if (!rule.names().isEmpty()) {
                    strings(node, "resourceNames", rule.names());
                }
            }
            if (!rule.paths().isEmpty()) {
                ObjectNode node = paths.addObject();
                strings(node, "verbs", rule.verbs());
                strings(node, "nonResourceURLs", rule.paths());
            }
        }
        status.put("incomplete", false);
        return answer(call, review, status);
    }

    private static void strings(ObjectNode node, String field, List<String> values) {
        ArrayNode array = node.putArray(field);
        values.forEach(array::add);
    }

    static Result answer(Call call, ObjectNode review, ObjectNode status) {
        ObjectNode answer = Json.object().put("kind", call.type().kind()).put("apiVersion", call.type().type().apiVersion());
        ObjectNode metadata = answer.putObject("metadata").putNull("creationTimestamp");
        if (call.type().namespaced()) {
            metadata.put("namespace", call.info().namespace());
        }
        if (review.has("spec")) {
            answer.set("spec", review.get("spec"));
        }
        answer.set("status", status);
        return Result.of(201, answer);
    }

    private static ApiException invalid(Call call, String field, String reason, String message) {
        return ApiException.invalid(call.type().group(), call.type().kind(), "", List.of(new ApiException.Cause(reason, message, field)));
    }
}
