package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** MutatingWebhookConfigurations and ValidatingWebhookConfigurations, and how any webhook is reached. */
final class WebhookValidation {

    private static final List<String> REVIEW_VERSIONS = List.of("v1", "v1beta1");
    private static final Set<String> SIDE_EFFECTS = Set.of("None", "NoneOnDryRun");
    private static final int MAX_TIMEOUT_SECONDS = 30;
    private static final String URL_FORM = "; desired format: https://host[/path]";
    /** Scheme, authority, query and fragment (RFC 3986, appendix B): matches any text, so that each part can be told of. */
    private static final Pattern URL = Pattern.compile("(?:([A-Za-z][-+.A-Za-z0-9]*):)?(?://([^/?#]*))?[^?#]*(?:\\?([^#]*))?(?:#(.*))?", Pattern.DOTALL);

    private WebhookValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("mutatingwebhookconfigurations.admissionregistration.k8s.io", WebhookValidation::check);
        checks.put("validatingwebhookconfigurations.admissionregistration.k8s.io", WebhookValidation::check);
    }

    private static void check(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode webhooks = o.path("webhooks");
        Set<String> names = new HashSet<>();
        for (int i = 0; i < webhooks.size(); i++) {
            JsonNode webhook = webhooks.path(i);
            String at = Errors.at("webhooks", i);
            String name = Json.text(webhook, "name");
            fullyQualified(name, Errors.at(at, "name"), errors);
            AdmissionRules.check(webhook.path("rules"), Errors.at(at, "rules"), errors);
            errors.optionalOneOf(webhook, at, "failurePolicy", Set.of("Fail", "Ignore"));
            if (Json.text(webhook, "sideEffects").isEmpty()) {
                errors.required(Errors.at(at, "sideEffects"), "must specify one of None, NoneOnDryRun");
            }
            errors.optionalOneOf(webhook, at, "sideEffects", SIDE_EFFECTS);
            JsonNode timeout = webhook.path("timeoutSeconds");
            if (timeout.isNumber() && (timeout.asLong() < 1 || timeout.asLong() > MAX_TIMEOUT_SECONDS)) {
                errors.invalid(Errors.at(at, "timeoutSeconds"), timeout, "the timeout value must be between 1 and 30 seconds");
            }
            AdmissionRules.scope(webhook, at, errors);
            errors.optionalOneOf(webhook, at, "reinvocationPolicy", Set.of("IfNeeded", "Never"));
            client(webhook.path("clientConfig"), Errors.at(at, "clientConfig"), errors);
            AdmissionRules.conditions(webhook.path("matchConditions"), Errors.at(at, "matchConditions"), errors);
            reviewVersions(webhook.path("admissionReviewVersions"), Errors.at(at, "admissionReviewVersions"), errors);
            if (!name.isEmpty() && !names.add(name)) {
                errors.duplicate(Errors.at(at, "name"), webhook.path("name"));
            }
        }
    }

    private static void fullyQualified(String name, String path, Errors errors) {
        if (name.isEmpty()) {
            errors.required(path, "");
        } else if (!Names.dns1123Subdomain(name).isEmpty()) {
            errors.invalid(path, name, String.join(",", Names.dns1123Subdomain(name)));
        } else if (name.split("\\.").length < 3) {
            errors.invalid(path, name, "should be a domain with at least three segments separated by dots");
        }
    }

    private static void client(JsonNode client, String path, Errors errors) {
        JsonNode url = client.path("url");
        JsonNode service = client.path("service");
        if (url.isTextual() == service.isObject()) {
            errors.required(path, "exactly one of url or service is required");
        } else if (url.isTextual()) {
            url(url.asText(), Errors.at(path, "url"), errors);
        } else {
            service(service, Errors.at(path, "service"), errors);
        }
    }

    private static void url(String url, String path, Errors errors) {
        if (url.chars().anyMatch(Character::isISOControl)) {
            errors.required(path, "url must be a valid URL: invalid control character" + URL_FORM);
            return;
        }
        Matcher parts = URL.matcher(url);
        if (!parts.matches()) {
            throw new IllegalStateException("every text has the parts of a URL");
        }
        String scheme = parts.group(1) == null ? "" : parts.group(1);
        String authority = parts.group(2) == null ? "" : parts.group(2);
        int at = authority.lastIndexOf('@');
        if (!scheme.equalsIgnoreCase("https")) {
            errors.invalid(path, scheme, "'https' is the only allowed URL scheme" + URL_FORM);
        }
        if (authority.substring(at + 1).isEmpty()) {
            errors.invalid(path, "", "host must be specified" + URL_FORM);
        }
        if (at >= 0) {
            errors.invalid(path, authority.substring(0, at), "user information is not permitted in the URL");
        }
        if (parts.group(4) != null && !parts.group(4).isEmpty()) {
            errors.invalid(path, parts.group(4), "fragments are not permitted in the URL");
        }
        if (parts.group(3) != null && !parts.group(3).isEmpty()) {
            errors.invalid(path, parts.group(3), "query parameters are not permitted in the URL");
        }
    }

    private static void service(JsonNode service, String path, Errors errors) {
        errors.requiredText(service, path, "name");
        errors.requiredText(service, path, "namespace");
        if (!Names.portNumber(service.path("port").asLong()).isEmpty()) {
            errors.invalid(Errors.at(path, "port"), service.path("port"), "port is not valid: " + String.join(", ", Names.portNumber(service.path("port").asLong())));
        }
        String at = Errors.at(path, "path");
        String target = Json.text(service, "path");
        if (target.isEmpty() || target.equals("/")) {
            return;
        }
        if (target.equals("//")) {
            errors.invalid(at, target, "segment[0] may not be empty");
            return;
        }
        if (!target.startsWith("/")) {
            errors.invalid(at, target, "must start with a '/'");
        }
        String steps = target.substring(1);
        String[] segments = (steps.endsWith("/") ? steps.substring(0, steps.length() - 1) : steps).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            if (segments[i].isEmpty()) {
                errors.invalid(at, target, "segment[" + i + "] may not be empty");
                continue;
            }
            for (String problem : Names.dns1123Subdomain(segments[i])) {
                errors.invalid(at, target, "segment[" + i + "]: " + problem);
            }
        }
    }

    private static void reviewVersions(JsonNode versions, String path, Errors errors) {
        if (versions.isEmpty()) {
            errors.required(path, "must specify one of v1, v1beta1");
            return;
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < versions.size(); i++) {
            String version = versions.path(i).asText();
            if (seen.add(version)) {
                errors.invalid(Errors.at(path, i), version, Names.dns1035Label(version));
            } else {
                errors.invalid(Errors.at(path, i), version, "duplicate version");
            }
        }
        if (REVIEW_VERSIONS.stream().noneMatch(seen::contains)) {
            errors.invalid(path, versions, "must include at least one of v1, v1beta1");
        }
    }
}
