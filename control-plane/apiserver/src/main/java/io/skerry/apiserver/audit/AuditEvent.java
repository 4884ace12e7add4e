package io.skerry.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.User;
import io.skerry.apiserver.proxy.ProxySubresource;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One request on its way through the server, told at each of its stages (audit.k8s.io/v1 Event). Of one thread. */
public final class AuditEvent {
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    /** Bytes of an answer that are kept to be told; what is longer is left out. */
    private static final int MAX_ANSWER = 4 << 20;
    private static final Set<String> LONG = Set.of("log", "exec", "attach", "portforward", ProxySubresource.NAME);

    private final AuditLog log;
    private final AuditPolicy.Decision decision;
    private final String id;
    private final ApiRequest asked;
    private final RequestInfo info;
    private final Instant received = Instant.now();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
    private User impersonated;
    private int code;
    private String answerType = "";
    private boolean tooLong;
    private String refusal = "";

    AuditEvent(AuditLog log, AuditPolicy.Decision decision, String id, ApiRequest asked, RequestInfo info) {
        this.log = log;
        this.decision = decision;
        this.id = id;
        this.asked = asked;
        this.info = info;
    }

    /** Identifies the request to its sender, too: the header Audit-ID. */
    public String id() {
        return id;
    }

    public void impersonated(User user) {
        impersonated = user;
    }

    public void annotate(String key, String value) {
        annotations.put(key, value);
    }

    public void annotate(Map<String, String> more) {
        annotations.putAll(more);
    }

    /** The answer's status line is sent. */
    void started(int status, Map<String, String> headers) {
        code = status;
        answerType = headers.getOrDefault("Content-Type", "");
        if (isLong()) {
            stage("ResponseStarted");
        }
    }

    /** A part of the answer's body. */
    void answered(byte[] part, int from, int length) {
        boolean wanted = code >= 400 || decision.level().includes(AuditLevel.REQUEST_RESPONSE);
        boolean tree = answerType.startsWith("application/json") || isYaml(answerType);
        if (!tree || !wanted || isLong() || tooLong) {
            return;
        }
        if (answer.size() + length > MAX_ANSWER) {
            tooLong = true;
            answer.reset(); // a part of YAML could be taken for the whole
        } else {
            answer.write(part, from, length);
        }
    }

    /** Watches, streams of a pod and what is proxied, whose answer takes as long as their client wants. */
    private boolean isLong() {
        return info.isResource() && (info.verb().equals("watch") || LONG.contains(info.subresource()));
    }

    /** The request is over. */
    public void complete() {
        stage("ResponseComplete");
    }

    /** A stream of a pod is opened, or refused with this code. */
    public void stream(int status) {
        code = status;
        stage(status < 400 ? "ResponseStarted" : "ResponseComplete");
    }

    /** Nobody is let through (upstream's WithFailedAuthenticationAudit: one event, without a user). */
    void refused(List<String> attempted) {
        code = 401;
        refusal = attempted.isEmpty() ? "Authentication failed, no credentials provided" : "Authentication failed, attempted: " + String.join(", ", attempted);
        stage("ResponseStarted");
    }

    void stage(String stage) {
        if (decision.omitStages().contains(stage)) {
            return;
        }
        ObjectNode event = Json.object().put("kind", "Event").put("apiVersion", "audit.k8s.io/v1").put("level", decision.level().toString())
                .put("auditID", id).put("stage", stage).put("requestURI", asked.path() + (asked.query() == null ? "" : "?" + asked.query()))
                .put("verb", info.verb());
        event.set("user", asked.user() == User.UNKNOWN ? Json.object() : asked.user().info());
        if (impersonated != null) {
            event.set("impersonatedUser", impersonated.info());
        }
        if (!asked.remote().isEmpty()) {
            event.putArray("sourceIPs").add(asked.remote());
        }
        String agent = asked.header("User-Agent");
        if (agent != null && !agent.isEmpty()) {
            event.put("userAgent", agent);
        }
        if (info.isResource()) {
            event.set("objectRef", reference());
        }
        boolean over = !stage.equals("RequestReceived");
        JsonNode body = answer.size() > 0 && over ? parsed(answerType, answer.toByteArray()) : null;
        if (over) {
            event.set("responseStatus", status(body));
            if (decision.level().includes(AuditLevel.REQUEST)) {
                put(event, "requestObject", requestBody());
            }
            if (decision.level().includes(AuditLevel.REQUEST_RESPONSE)) {
                put(event, "responseObject", body);
            }
        }
        event.put("requestReceivedTimestamp", MICROS.format(received)).put("stageTimestamp", MICROS.format(over ? Instant.now() : received));
        if (!annotations.isEmpty()) {
            ObjectNode all = event.putObject("annotations");
            annotations.forEach(all::put);
        }
        log.write(Json.bytes(event));
    }

    private ObjectNode reference() {
        ObjectNode reference = Json.object().put("resource", info.resource());
        put(reference, "namespace", info.namespace());
        put(reference, "name", info.name());
        put(reference, "apiGroup", info.group());
        put(reference, "apiVersion", info.version());
        put(reference, "subresource", info.subresource());
        return reference;
    }

    private ObjectNode status(JsonNode body) {
        ObjectNode status = Json.object();
        status.putObject("metadata");
        put(status, "message", refusal);
        if (code >= 400 && body != null && Json.text(body, "kind").equals("Status")) {
            for (String field : List.of("status", "message", "reason")) {
                put(status, field, Json.text(body, field));
            }
        }
        return status.put("code", code);
    }

    private static void put(ObjectNode into, String field, String value) {
        if (!value.isEmpty()) {
            into.put(field, value);
        }
    }

    private void put(ObjectNode event, String field, JsonNode object) {
        if (object == null) {
            return;
        }
        if (decision.omitManagedFields()) {
            withoutManagedFields(object);
            object.path("items").forEach(AuditEvent::withoutManagedFields);
        }
        event.set(field, object);
    }

    private static void withoutManagedFields(JsonNode object) {
        if (object.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
        }
    }

    /** Null for what is neither JSON nor YAML (protobuf). */
    private JsonNode requestBody() {
        if (asked.body().length == 0 || info.subresource().equals(ProxySubresource.NAME)) {
            return null; // what is passed on to another server is no object of this one
        }
        String type = asked.header("Content-Type");
        return parsed(type == null ? "" : type, asked.body());
    }

    private static boolean isYaml(String type) {
        return type.contains("yaml");
    }

    /** Null for what is neither JSON nor YAML. */
    private static JsonNode parsed(String type, byte[] bytes) {
        try {
            if (!isYaml(type)) {
                return Json.parse(bytes);
            }
            List<Yaml.Document> documents = Yaml.parseAll(new String(bytes, StandardCharsets.UTF_8), "body");
            return documents.size() == 1 ? documents.getFirst().root() : null;
        } catch (IllegalArgumentException | YamlException e) {
            return null;
        }
    }
}
