package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Converter;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.webhook.WebhookClient;
import io.skerry.apiserver.webhook.WebhookException;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Converts custom resources by asking the definition's webhook (apiextensions.k8s.io/v1 ConversionReview). The webhook may change everything
 * but who the object is; of metadata only labels and annotations.
 */
final class WebhookConverter implements Converter {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final String name;
    private final JsonNode webhook;
    private final WebhookClient client;
    private final String reviewVersion;

    /** @param name of the resource, for messages: boats.harbour.example.com */
    WebhookConverter(String name, JsonNode webhook, WebhookClient client) {
        this.name = name;
        this.webhook = webhook;
        this.client = client;
        String version = "v1";
        for (JsonNode candidate : webhook.path("conversionReviewVersions")) {
            if (candidate.asText().equals("v1") || candidate.asText().equals("v1beta1")) {
                version = candidate.asText();
                break;
            }
        }
        reviewVersion = version;
    }

    @Override
    public List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion) {
        List<ObjectNode> asked = objects.stream().filter(o -> !o.path("apiVersion").asText().equals(apiVersion)).toList();
        if (asked.isEmpty()) {
            return objects;
        }
        try {
            List<ObjectNode> answered = ask(asked, apiVersion);
            List<ObjectNode> converted = new ArrayList<>(objects.size());
            int next = 0;
            for (ObjectNode object : objects) {
                converted.add(object.path("apiVersion").asText().equals(apiVersion) ? object : checked(object, answered.get(next++), apiVersion));
            }
            return converted;
        } catch (WebhookException e) {
            throw ApiException.internal("conversion webhook for " + Json.text(asked.getFirst(), "apiVersion") + ", Kind=" + Json.text(asked.getFirst(), "kind") + " (" + name
                    + ") failed: " + e.getMessage());
        }
    }

    private List<ObjectNode> ask(List<ObjectNode> objects, String apiVersion) throws WebhookException {
        String uid = UUID.randomUUID().toString();
        ObjectNode review = Json.object().put("kind", "ConversionReview").put("apiVersion", "apiextensions.k8s.io/" + reviewVersion);
        ObjectNode request = review.putObject("request").put("uid", uid).put("desiredAPIVersion", apiVersion);
        ArrayNode list = request.putArray("objects");
        objects.forEach(list::add);
        JsonNode response = client.post(webhook.path("clientConfig"), review, TIMEOUT).path("response");
        if (!Json.text(response, "uid").equals(uid)) {
            throw new WebhookException("expected response.uid=\"" + uid + "\", got \"" + Json.text(response, "uid") + "\"");
        }
        if (!Json.text(response, "result", "status").equals("Success")) {
            String message = Json.text(response, "result", "message");
            throw new WebhookException(message.isEmpty() ? "the webhook answered without Success" : message);
        }
        JsonNode converted = response.path("convertedObjects");
        if (converted.size() != objects.size()) {
            throw new WebhookException("expected " + objects.size() + " converted objects, got " + converted.size());
        }
        List<ObjectNode> result = new ArrayList<>();
        for (JsonNode each : converted) {
            if (!(each instanceof ObjectNode object)) {
                throw new WebhookException("a converted object is no object");
            }
            result.add(object);
        }
        return result;
    }

    private static ObjectNode checked(ObjectNode before, ObjectNode after, String apiVersion) throws WebhookException {
        if (!Json.text(after, "apiVersion").equals(apiVersion) || !Json.text(after, "kind").equals(Json.text(before, "kind"))) {
            throw new WebhookException("expected a converted object of " + apiVersion + ", Kind=" + Json.text(before, "kind") + ", got " + Json.text(after, "apiVersion")
                    + ", Kind=" + Json.text(after, "kind"));
        }
        for (String field : List.of("name", "namespace", "uid")) {
            if (!Json.text(before, "metadata", field).equals(Json.text(after, "metadata", field))) {
                throw new WebhookException("the converted object must keep metadata." + field + " \"" + Json.text(before, "metadata", field) + "\", got \""
                        + Json.text(after, "metadata", field) + "\"");
            }
        }
        ObjectNode metadata = ((ObjectNode) before.path("metadata")).deepCopy();
        for (String field : List.of("labels", "annotations")) {
            JsonNode made = Json.at(after, "metadata", field);
            if (made.isObject() && !made.isEmpty()) {
                metadata.set(field, made);
            } else {
                metadata.remove(field);
            }
        }
        after.set("metadata", metadata);
        return after;
    }
}
