package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.Map;

/**
 * Rules of pod specs that earlier versions of this server did not have. What they stored stays writable: the rules are asked of what is new, and of templates that
 * change.
 */
final class LaterPodRules {

    private static final String[] TEMPLATE = {"spec", "template", "spec"};
    private static final Map<String, String[]> SPECS = Map.of("pods", new String[] {"spec"}, "podtemplates", new String[] {"template", "spec"},
            "replicationcontrollers", TEMPLATE, "deployments.apps", TEMPLATE, "replicasets.apps", TEMPLATE, "statefulsets.apps", TEMPLATE, "daemonsets.apps", TEMPLATE,
            "jobs.batch", TEMPLATE, "cronjobs.batch", new String[] {"spec", "jobTemplate", "spec", "template", "spec"});

    private LaterPodRules() {}

    /** @param id {@code PLURAL.GROUP}, without a dot for the core group */
    static void check(String id, ObjectNode updated, ObjectNode oldOrNull, Errors errors) {
        String[] at = SPECS.get(id);
        // of a pod nothing that they are about can change
        if (at == null || oldOrNull != null && (id.equals("pods") || Values.same(Json.at(updated, at), Json.at(oldOrNull, at)))) {
            return;
        }
        JsonNode spec = Json.at(updated, at);
        String path = String.join(".", at);
        ResourceClaimValidation.check(spec, path, errors);
        WindowsValidation.check(spec, path, errors);
    }
}
