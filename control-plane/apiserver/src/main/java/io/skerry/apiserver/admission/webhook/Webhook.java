package io.skerry.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.admission.rules.Match;
import io.skerry.apiserver.admission.rules.MatchConditions;
import io.skerry.machinery.json.Json;
import java.time.Duration;

/** One webhook of a MutatingWebhookConfiguration or ValidatingWebhookConfiguration, ready to be asked. */
record Webhook(String name, JsonNode clientConfig, Match match, MatchConditions conditions, boolean ignoresFailure, Duration timeout, boolean reinvoked,
        boolean sideEffects, String reviewVersion) {
    private static final int DEFAULT_SECONDS = 10;

    static Webhook of(JsonNode webhook) {
        String sideEffects = Json.text(webhook, "sideEffects");
        String version = "";
        for (JsonNode candidate : webhook.path("admissionReviewVersions")) {
            String known = candidate.asText();
            version = version.isEmpty() && (known.equals("v1") || known.equals("v1beta1")) ? known : version;
        }
        JsonNode conditions = webhook.path("matchConditions");
        return new Webhook(Json.text(webhook, "name"), webhook.path("clientConfig"), Match.ofWebhook(webhook),
                new MatchConditions(conditions, conditions.isEmpty() ? null : Expressions.environment(false, true)),
                Json.text(webhook, "failurePolicy").equals("Ignore"), Duration.ofSeconds(webhook.path("timeoutSeconds").asInt(DEFAULT_SECONDS)),
                Json.text(webhook, "reinvocationPolicy").equals("IfNeeded"), !sideEffects.equals("None") && !sideEffects.equals("NoneOnDryRun"),
                version.isEmpty() ? "v1" : version);
    }
}
