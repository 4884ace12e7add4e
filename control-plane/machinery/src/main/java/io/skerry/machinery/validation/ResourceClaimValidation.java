package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/** Claims of devices (KEP-4381): those a pod names, and which of them a container uses. */
final class ResourceClaimValidation {

    private ResourceClaimValidation() {}

    static void check(JsonNode spec, String path, Errors errors) {
        JsonNode claims = spec.path("resourceClaims");
        Set<String> names = new TreeSet<>();
        for (int i = 0; i < claims.size(); i++) {
            claim(claims.path(i), Errors.at(Errors.at(path, "resourceClaims"), i), names, errors);
        }
        ContainerValidation.visit(spec, path, (container, at) ->
                used(Json.at(container, "resources", "claims"), Errors.at(at, "resources.claims"), names, errors));
    }

    private static void claim(JsonNode claim, String path, Set<String> names, Errors errors) {
        String name = Json.text(claim, "name");
        if (name.isEmpty()) {
            errors.required(Errors.at(path, "name"), "");
        } else if (!names.add(name)) {
            errors.duplicate(Errors.at(path, "name"), claim.path("name"));
        } else {
            errors.invalid(Errors.at(path, "name"), name, Names.dns1123Label(name));
        }
        boolean byName = claim.hasNonNull("resourceClaimName");
        boolean byTemplate = claim.hasNonNull("resourceClaimTemplateName");
        if (byName && byTemplate) {
            errors.invalid(path, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
        } else if (!byName && !byTemplate) {
            errors.invalid(path, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
        }
        for (String field : new String[] {"resourceClaimName", "resourceClaimTemplateName"}) {
            if (claim.hasNonNull(field)) {
                errors.invalid(Errors.at(path, field), Json.text(claim, field), Names.dns1123Subdomain(Json.text(claim, field)));
            }
        }
    }

    /** A container uses the whole of a claim, or single requests of it, each once. */
    private static void used(JsonNode claims, String path, Set<String> names, Errors errors) {
        Set<String> used = new HashSet<>();
        for (int i = 0; i < claims.size(); i++) {
            String at = Errors.at(path, i);
            String name = Json.text(claims.path(i), "name");
            String request = Json.text(claims.path(i), "request");
            if (name.isEmpty()) {
                errors.required(at, "");
                continue;
            }
            String key = request.isEmpty() ? name : name + "/" + request;
            if (used.contains(name)) {
                errors.duplicate(at, TextNode.valueOf(name));
            } else {
                if (!request.isEmpty()) {
                    errors.invalid(Errors.at(at, "request"), request, Names.dns1123Label(request));
                }
                if (used.contains(key)) {
                    errors.duplicate(at, TextNode.valueOf(key));
                } else if (request.isEmpty()) {
                    used.stream().filter(other -> other.startsWith(name + "/")).forEach(other -> errors.duplicate(at, TextNode.valueOf(name)));
                }
                used.add(key);
            }
            if (!names.contains(name)) {
                errors.notFound(at, name, "must be one of the names in pod.spec.resourceClaims" + (names.isEmpty() ? " which is empty" : ": " + String.join(", ", names)));
            }
        }
    }
}
