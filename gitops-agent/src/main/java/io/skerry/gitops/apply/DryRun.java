package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.fleet.Target;
import io.skerry.gitops.kustomize.Rendered;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Asks the API server what it would say to every object of a plan, so that a commit with one bad object changes nothing. What the
 * server can't know yet gets round: an object in a Namespace that the plan makes is tried in another, one of a kind whose
 * CustomResourceDefinition the plan brings is not tried.
 */
final class DryRun {

    private static final String STAND_IN = "default";

    private final Api api;
    private final List<Problem> problems = new ArrayList<>();
    private boolean passing;
    private final Map<String, Boolean> namespaces = new HashMap<>();

    DryRun(Api api) {
        this.api = api;
    }

    /**
     * @param passing whether it may go better later without a new commit, such as when the API server does not answer
     */
    record Result(List<Problem> problems, boolean passing) {}

    Result check(Plan plan) {
        Set<String> newKinds = new HashSet<>();
        Set<String> newNamespaces = new HashSet<>();
        for (Target target : plan.targets()) {
            for (Rendered rendered : target.objects()) {
                JsonNode object = rendered.object();
                switch (Json.text(object, "kind")) {
                    case "CustomResourceDefinition" -> Json.at(object, "spec", "versions").forEach(version ->
                            newKinds.add(Json.text(object, "spec", "group") + "/" + Json.text(version, "name") + " " + Json.text(object, "spec", "names", "kind")));
                    case "Namespace" -> newNamespaces.add(Json.text(object, "metadata", "name"));
                    default -> {}
                }
            }
        }
        for (Target target : plan.targets()) {
            for (Rendered rendered : target.objects()) {
                try {
                    check(rendered, newKinds, newNamespaces);
                } catch (ApiException e) {
                    passing |= e.passing();
                    problems.addAll(problems(rendered, e));
                }
                if (problems.size() >= 20) return new Result(problems, passing);
            }
        }
        return new Result(problems, passing);
    }

    private void check(Rendered rendered, Set<String> newKinds, Set<String> newNamespaces) throws ApiException {
        ObjectNode object = rendered.object();
        String apiVersion = Json.text(object, "apiVersion");
        String kind = Json.text(object, "kind");
        Optional<Api.Type> type = api.type(apiVersion, kind);
        if (type.isEmpty()) {
            if (newKinds.contains(apiVersion + " " + kind)) return;
            // The add-on that brings the kind may still be starting.
            passing = true;
            Rendered.Place place = rendered.placeOf("/kind");
            problems.add(new Problem(place.file(), place.line(), "the cluster knows no kind " + kind + " in " + apiVersion + "; check both, or add its CustomResourceDefinition to the repository"));
            return;
        }
        String namespace = Json.text(object, "metadata", "namespace");
        ObjectNode tried = object;
        if (type.get().namespaced() && !exists(namespace)) {
            if (!newNamespaces.contains(namespace)) {
                Rendered.Place place = rendered.placeOf("/metadata/namespace");
                problems.add(new Problem(place.file(), place.line(), "the namespace \"" + namespace + "\" of " + kind + " " + Json.text(object, "metadata", "name")
                        + " does not exist; add a Namespace object to the repository"));
                return;
            }
            tried = object.deepCopy();
            tried.withObject("/metadata").put("namespace", STAND_IN);
            // An object of that name there would be changed, and what is immutable in it be reported as an error.
            if (api.get(type.get(), STAND_IN, Json.text(object, "metadata", "name")).isPresent()) tried.withObject("/metadata").put("name", "skerry-dry-run");
        }
        api.apply(type.get(), tried, true);
    }

    private boolean exists(String namespace) throws ApiException {
        Boolean known = namespaces.get(namespace);
        if (known == null) {
            known = api.get(new Api.Type("v1", "namespaces", false), "", namespace).isPresent();
            namespaces.put(namespace, known);
        }
        return known;
    }

    /** What the server said, put where it was written in the repository. */
    static List<Problem> problems(Rendered rendered, ApiException e) {
        ObjectNode object = rendered.object();
        String name = Json.text(object, "kind") + " " + Json.text(object, "metadata", "name");
        List<Problem> problems = new ArrayList<>();
        for (JsonNode cause : e.causes()) {
            String field = Json.text(cause, "field");
            if (field.isEmpty()) continue;
            Rendered.Place place = rendered.placeOf(FieldPath.pointer(field, object));
            String message = Json.text(cause, "message");
            problems.add(new Problem(place.file(), place.line(), name + ": " + (message.contains(field) ? message : field + ": " + message)));
        }
        if (problems.isEmpty()) {
            Rendered.Place place = rendered.placeOf(FieldPath.inMessage(e.getMessage(), object));
            problems.add(new Problem(place.file(), place.line(), name + ": " + e.getMessage()));
        }
        return problems;
    }
}
