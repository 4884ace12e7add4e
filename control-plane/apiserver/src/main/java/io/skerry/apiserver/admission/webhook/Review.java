package io.skerry.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.admission.rules.AdmissionRequest;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.webhook.WebhookClient;
import io.skerry.apiserver.webhook.WebhookException;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Asks one webhook about one write (admission.k8s.io/v1 AdmissionReview). */
final class Review {
    private static final System.Logger LOG = System.getLogger(Review.class.getName());

    private final Store store;
    private final ServedTypes types;
    private final Expressions expressions;
    private final WebhookClient client;

    Review(Store store, ServedTypes types, Expressions expressions, WebhookClient client) {
        this.store = store;
        this.types = types;
        this.expressions = expressions;
        this.client = client;
    }

    /**
     * @param patch    operations of a JSON patch for the object in the version of the request, or null
     * @param warnings for the client
     */
    record Answer(AdmissionRequest request, JsonNode patch, List<String> warnings) {
    }

    /** The configurations themselves are never up to a webhook: a bad one could not be mended. */
    static boolean isExempt(ServedType type) {
        return type.group().equals("admissionregistration.k8s.io");
    }

    /**
     * @return null when the webhook is not for this write, or failed and may
     * @throws ApiException when it says no, or failed and may not
     */
    Answer ask(Webhook webhook, Call call, Admission.Operation operation, ObjectNode object, ObjectNode old) {
        ServedType matched = webhook.match().find(call, operation, object, old, types, store);
        if (matched == null) {
            return null;
        }
        try {
            AdmissionRequest request = AdmissionRequest.of(call, operation, matched, object, old);
            if (!webhook.conditions().isEmpty()) {
                Map<String, Object> variables = expressions.variables(request);
                if (!webhook.conditions().hold(name -> Optional.ofNullable(variables.get(name)))) {
                    return null;
                }
            }
            if (call.dryRun() && webhook.sideEffects()) {
                throw ApiException.badRequest("admission webhook \"" + webhook.name() + "\" does not support dry run");
            }
            return answer(webhook, request, post(webhook, request));
        } catch (WebhookException | CelException e) {
            if (webhook.ignoresFailure()) {
                LOG.log(System.Logger.Level.WARNING, "webhook " + webhook.name() + " failed, and its failurePolicy is Ignore: " + e.getMessage());
                return null;
            }
            throw ApiException.internal("failed calling webhook \"" + webhook.name() + "\": " + e.getMessage());
        }
    }

    private JsonNode post(Webhook webhook, AdmissionRequest asked) throws WebhookException {
        String uid = UUID.randomUUID().toString();
        String version = "admission.k8s.io/" + webhook.reviewVersion();
        ObjectNode review = Json.object().put("kind", "AdmissionReview").put("apiVersion", version);
        ObjectNode request = review.putObject("request").put("uid", uid);
        request.setAll(asked.tree());
        request.set("object", asked.object());
        request.set("oldObject", asked.oldObject());
        ObjectNode answer;
        try {
            answer = client.post(webhook.clientConfig(), review, webhook.timeout());
        } catch (WebhookException e) {
            throw new WebhookException("failed to call webhook: " + e.getMessage());
        }
        JsonNode response = answer.path("response");
        if (!response.isObject()) {
            throw new WebhookException("webhook response was absent");
        }
        boolean strict = webhook.reviewVersion().equals("v1");
        if (strict && (!Json.text(answer, "apiVersion").equals(version) || !Json.text(answer, "kind").equals("AdmissionReview"))) {
            throw new WebhookException("received invalid webhook response: expected webhook response of " + version + ", Kind=AdmissionReview, got "
                    + Json.text(answer, "apiVersion") + ", Kind=" + Json.text(answer, "kind"));
        }
        if (strict && !Json.text(response, "uid").equals(uid)) {
            throw new WebhookException("received invalid webhook response: expected response.uid=\"" + uid + "\", got \"" + Json.text(response, "uid") + "\"");
        }
        return response;
    }

    private static Answer answer(Webhook webhook, AdmissionRequest request, JsonNode response) throws WebhookException {
        List<String> warnings = new ArrayList<>();
        response.path("warnings").forEach(warning -> warnings.add(warning.asText()));
        if (!response.path("allowed").asBoolean()) {
            request.call().warnings().addAll(warnings);
            throw denied(webhook, response.path("status"));
        }
        if (Json.text(response, "patch").isEmpty()) {
            return new Answer(request, null, warnings);
        }
        String patchType = Json.text(response, "patchType");
        if (!patchType.equals("JSONPatch") && !(patchType.isEmpty() && webhook.reviewVersion().equals("v1beta1"))) {
            throw new WebhookException("received invalid webhook response: webhook response includes unsupported patch type \"" + patchType + "\"");
        }
        try {
            return new Answer(request, Json.parse(java.util.Base64.getDecoder().decode(Json.text(response, "patch"))), warnings);
        } catch (IllegalArgumentException e) {
            throw new WebhookException("received invalid webhook response: the patch is no base64 of JSON: " + e.getMessage());
        }
    }

    private static ApiException denied(Webhook webhook, JsonNode status) {
        String by = "admission webhook \"" + webhook.name() + "\" denied the request";
        String message = Json.text(status, "message");
        String reason = Json.text(status, "reason");
        int code = status.path("code").asInt();
        ApiException exception = ApiException.ofCode(code < 400 ? 400 : code, !message.isEmpty() ? by + ": " + message : !reason.isEmpty() ? by + ": " + reason
                : by + " without explanation");
        if (reason.isEmpty()) {
            exception.status().remove("reason");
        } else {
            exception.status().put("reason", reason);
        }
        if (status.path("details").isObject()) {
            exception.status().set("details", status.get("details"));
        }
        return exception;
    }
}
