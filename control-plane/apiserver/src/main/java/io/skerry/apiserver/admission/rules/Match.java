package io.skerry.apiserver.admission.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;

/** Which writes a webhook, a policy or a binding is for: rules, exclusions, and selectors on the object and its namespace. */
public final class Match {
    private final List<ResourceRule> rules;
    private final List<ResourceRule> excluded;
    private final LabelSelector namespaces;
    private final LabelSelector objects;
    private final boolean equivalent;

    private Match(JsonNode rules, JsonNode excluded, JsonNode holder) {
        this.rules = rules(rules);
        this.excluded = rules(excluded);
        namespaces = selector(holder.path("namespaceSelector"));
        objects = selector(holder.path("objectSelector"));
        equivalent = !Json.text(holder, "matchPolicy").equals("Exact");
    }

    /** Of one webhook of a configuration. */
    public static Match ofWebhook(JsonNode webhook) {
        return new Match(webhook.path("rules"), Json.array(), webhook);
    }

    /** Of a policy's matchConstraints. */
    public static Match ofPolicy(JsonNode matchConstraints) {
        return new Match(matchConstraints.path("resourceRules"), matchConstraints.path("excludeResourceRules"), matchConstraints);
    }

    /** Of a binding's matchResources, which only narrow what the policy is for: no rules are all. */
    public static Match ofBinding(JsonNode matchResources) {
        JsonNode rules = matchResources.path("resourceRules");
        return new Match(rules.isEmpty() ? Json.parse("[{\"operations\":[\"*\"],\"apiGroups\":[\"*\"],\"apiVersions\":[\"*\"],\"resources\":[\"*/*\"]}]") : rules,
                matchResources.path("excludeResourceRules"), matchResources);
    }

    private static List<ResourceRule> rules(JsonNode array) {
        List<ResourceRule> rules = new ArrayList<>();
        array.forEach(each -> rules.add(new ResourceRule(each)));
        return rules;
    }

    private static LabelSelector selector(JsonNode selector) {
        try {
            return selector.isObject() ? LabelSelector.of(selector) : LabelSelector.everything();
        } catch (IllegalArgumentException e) {
            // such a one is refused when it is written
            return LabelSelector.nothing();
        }
    }

    /** @return the type that the rules name, which is another version of the call's own where only that one is named; null when nothing matches */
    public ServedType find(Call call, Admission.Operation operation, ObjectNode object, ObjectNode old, ServedTypes types, Store store) {
        String told = Json.text(old == null ? object : old, "metadata", "name");
        String name = told.isEmpty() ? call.info().name() : told;
        String subresource = call.info().subresource();
        ServedType found = null;
        for (ServedType type : equivalent ? types.versions(call.type()) : List.of(call.type())) {
            if (found == null && rules.stream().anyMatch(rule -> rule.matches(operation, type, subresource, name))) {
                found = type;
            }
            if (excluded.stream().anyMatch(rule -> rule.matches(operation, type, subresource, name))) {
                return null;
            }
        }
        return found != null && labels(call, operation, object, old) && namespace(call, object, store) ? found : null;
    }

    private boolean labels(Call call, Admission.Operation operation, ObjectNode object, ObjectNode old) {
        return objects.isEmpty() || operation != Admission.Operation.DELETE && objects.matches(Json.at(object, "metadata", "labels"))
                || old != null && objects.matches(Json.at(old, "metadata", "labels"));
    }

    private boolean namespace(Call call, ObjectNode object, Store store) {
        if (namespaces.isEmpty()) {
            return true;
        }
        if (call.type().is("", "namespaces")) {
            return namespaces.matches(Json.at(object, "metadata", "labels"));
        }
        if (!call.type().namespaced()) {
            return true;
        }
        ObjectNode namespace = store.tree("", "namespaces", call.info().namespace());
        return namespace != null && namespaces.matches(Json.at(namespace, "metadata", "labels"));
    }
}
