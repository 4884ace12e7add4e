package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.rules.Match;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/** A ValidatingAdmissionPolicyBinding. @param paramRef missing when the binding names no parameters */
record Binding(String name, String policy, Match match, JsonNode paramRef, List<String> actions) {

    static Binding of(ObjectNode binding) {
        JsonNode spec = binding.path("spec");
        List<String> actions = new ArrayList<>();
        spec.path("validationActions").forEach(action -> actions.add(action.asText()));
        return new Binding(Json.text(binding, "metadata", "name"), Json.text(spec, "policyName"), Match.ofBinding(spec.path("matchResources")), spec.path("paramRef"), actions);
    }
}
