package io.skerry.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.SimpleType;
import io.skerry.apiserver.admission.policy.PolicyStrategy;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.admission.rules.Match;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import io.skerry.machinery.validation.Names;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** MutatingWebhookConfigurations and ValidatingWebhookConfigurations (pkg/apis/admissionregistration/validation). */
public final class WebhookStrategy extends Strategy {
    private static final Set<String> REVIEW_VERSIONS = Set.of("v1", "v1beta1");
    private static final Set<String> OPERATIONS = Set.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");

    public WebhookStrategy(ResourceType type) {
        super(type, true);
    }

    @Override
    public List<FieldError> validate(ObjectNode configuration, ObjectNode oldOrNull) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode webhooks = configuration.path("webhooks");
        Set<String> names = new HashSet<>();
        for (int i = 0; i < webhooks.size(); i++) {
            JsonNode webhook = webhooks.get(i);
            String path = "webhooks[" + i + "]";
            String name = Json.text(webhook, "name");
            if (!names.add(name)) {
                errors.add(new FieldError(FieldError.Type.DUPLICATE, path + ".name", "\"" + name + "\"", ""));
            }
            head(errors, webhook, path, name);
            client(errors, webhook.path("clientConfig"), path + ".clientConfig");
            errors.addAll(Match.problems(webhook, path));
            rules(errors, webhook.path("rules"), path + ".rules");
            if (!webhook.path("matchConditions").isEmpty()) {
                CelEnvironment environment = Expressions.environment(false, true);
                for (int c = 0; c < webhook.path("matchConditions").size(); c++) {
                    PolicyStrategy.compile(errors, environment, webhook.path("matchConditions").get(c), "expression", path + ".matchConditions[" + c + "]", Set.of(SimpleType.BOOL));
                }
            }
        }
        return errors;
    }

    private static void head(List<FieldError> errors, JsonNode webhook, String path, String name) {
        if (name.isEmpty()) {
            required(errors, path + ".name", "");
        } else if (!Names.dns1123Subdomain(name).isEmpty()) {
            invalid(errors, path + ".name", webhook.path("name"), String.join(",", Names.dns1123Subdomain(name)));
        } else if (name.split("\\.").length < 3) {
            invalid(errors, path + ".name", webhook.path("name"), "should be a domain with at least three segments separated by dots");
        }
        String sideEffects = Json.text(webhook, "sideEffects");
        if (sideEffects.isEmpty()) {
            required(errors, path + ".sideEffects", "must specify one of None, NoneOnDryRun");
        } else if (!Set.of("None", "NoneOnDryRun").contains(sideEffects)) {
            errors.add(new FieldError(FieldError.Type.NOT_SUPPORTED, path + ".sideEffects", "\"" + sideEffects + "\"", "supported values: \"None\", \"NoneOnDryRun\""));
        }
        int seconds = webhook.path("timeoutSeconds").asInt(10);
        if (seconds < 1 || seconds > 30) {
            invalid(errors, path + ".timeoutSeconds", webhook.path("timeoutSeconds"), "the timeout value must be between 1 and 30 seconds");
        }
        JsonNode versions = webhook.path("admissionReviewVersions");
        boolean known = false;
        for (JsonNode version : versions) {
            known |= REVIEW_VERSIONS.contains(version.asText());
        }
        if (versions.isEmpty()) {
            required(errors, path + ".admissionReviewVersions", "must specify one of v1, v1beta1");
        } else if (!known) {
            invalid(errors, path + ".admissionReviewVersions", versions, "must include at least one of v1, v1beta1");
        }
    }

    private static void client(List<FieldError> errors, JsonNode client, String path) {
        boolean url = client.hasNonNull("url");
        if (url == client.path("service").isObject()) {
            required(errors, path, "exactly one of url or service is required");
        } else if (url && !client.get("url").asText().startsWith("https://")) {
            invalid(errors, path + ".url", client.get("url"), "'https' is the only allowed URL scheme; desired format: https://host[/path]");
        } else if (!url) {
            for (String field : List.of("name", "namespace")) {
                if (Json.text(client, "service", field).isEmpty()) {
                    required(errors, path + ".service." + field, "service " + field + " is required");
                }
            }
        }
    }

    private static void rules(List<FieldError> errors, JsonNode rules, String path) {
        for (int i = 0; i < rules.size(); i++) {
            for (String field : List.of("operations", "apiGroups", "apiVersions", "resources")) {
                if (rules.get(i).path(field).isEmpty()) {
                    required(errors, path + "[" + i + "]." + field, "");
                }
            }
            JsonNode operations = rules.get(i).path("operations");
            for (int o = 0; o < operations.size(); o++) {
                if (!OPERATIONS.contains(operations.get(o).asText())) {
                    errors.add(new FieldError(FieldError.Type.NOT_SUPPORTED, path + "[" + i + "].operations[" + o + "]", operations.get(o).toString(),
                            "supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\""));
                }
            }
        }
    }

    private static void required(List<FieldError> errors, String path, String detail) {
        errors.add(new FieldError(FieldError.Type.REQUIRED, path, null, detail));
    }

    private static void invalid(List<FieldError> errors, String path, JsonNode value, String detail) {
        errors.add(new FieldError(FieldError.Type.INVALID, path, Json.string(value), detail));
    }
}
