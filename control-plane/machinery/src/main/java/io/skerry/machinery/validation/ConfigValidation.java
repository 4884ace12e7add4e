package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Config maps and secrets. */
final class ConfigValidation {

    /** Bytes of all values together. */
    private static final int MAX_SIZE = 1024 * 1024;

    private ConfigValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("configmaps", ConfigValidation::configMap);
        checks.put("secrets", ConfigValidation::secret);
    }

    private static void configMap(ObjectNode o, ObjectNode old, Errors errors) {
        long size = 0;
        for (var entry : o.path("data").properties()) {
            key(entry.getKey(), "data", errors);
            if (o.path("binaryData").has(entry.getKey())) {
                errors.invalid(Errors.key("data", entry.getKey()), entry.getKey(), "duplicate of key present in binaryData");
            }
            size += Errors.bytes(entry.getValue().asText());
        }
        for (var entry : o.path("binaryData").properties()) {
            key(entry.getKey(), "binaryData", errors);
            size += decoded(entry.getKey(), entry.getValue(), "binaryData", errors).length;
        }
        if (size > MAX_SIZE) {
            errors.tooLong("", MAX_SIZE);
        }
        immutableStays(o, old, List.of("data", "binaryData"), errors);
    }

    private static void key(String key, String field, Errors errors) {
        errors.invalid(Errors.key(field, key), key, Names.configMapKey(key));
    }

    private static byte[] decoded(String key, JsonNode value, String field, Errors errors) {
        try {
            return Base64.getDecoder().decode(value.asText().replaceAll("[\\r\\n]", ""));
        } catch (IllegalArgumentException e) {
            errors.invalid(Errors.key(field, key), "", "must be base64: " + e.getMessage());
            return new byte[0];
        }
    }

    private static void immutableStays(ObjectNode o, ObjectNode old, List<String> fields, Errors errors) {
        if (old == null || !old.path("immutable").asBoolean()) {
            return;
        }
        if (!o.path("immutable").asBoolean()) {
            errors.forbidden("immutable", "field is immutable when `immutable` is set");
        }
        for (String field : fields) {
            boolean both = o.path(field).isEmpty() && old.path(field).isEmpty();
            if (!both && !Values.same(o.path(field), old.path(field))) {
                errors.forbidden(field, "field is immutable when `immutable` is set");
            }
        }
    }

    private static void secret(ObjectNode o, ObjectNode old, Errors errors) {
        long size = 0;
        for (var entry : o.path("data").properties()) {
            key(entry.getKey(), "data", errors);
            size += decoded(entry.getKey(), entry.getValue(), "data", errors).length;
        }
        if (size > MAX_SIZE) {
            errors.tooLong("data", MAX_SIZE);
        }
        JsonNode data = o.path("data");
        switch (Json.text(o, "type")) {
            case "kubernetes.io/service-account-token" -> {
                if (Json.text(o, "metadata", "annotations", "kubernetes.io/service-account.name").isEmpty()) {
                    errors.required("metadata.annotations[kubernetes.io/service-account.name]", "");
                }
            }
            case "kubernetes.io/dockercfg" -> docker(data, ".dockercfg", errors);
            case "kubernetes.io/dockerconfigjson" -> docker(data, ".dockerconfigjson", errors);
            case "kubernetes.io/basic-auth" -> {
                if (!data.has("username") && !data.has("password")) {
                    errors.required("data[username]", "");
                    errors.required("data[password]", "");
                }
            }
            case "kubernetes.io/ssh-auth" -> {
                if (Json.text(data, "ssh-privatekey").isEmpty()) {
                    errors.required("data[ssh-privatekey]", "");
                }
            }
            case "kubernetes.io/tls" -> {
                needs(data, "tls.crt", errors);
                needs(data, "tls.key", errors);
            }
            default -> { }
        }
        if (old != null) {
            errors.immutable(o, old, "type");
        }
        immutableStays(o, old, List.of("data"), errors);
    }

    private static void needs(JsonNode data, String key, Errors errors) {
        if (!data.has(key)) {
            errors.required(Errors.key("data", key), "");
        }
    }

    private static void docker(JsonNode data, String key, Errors errors) {
        if (!data.has(key)) {
            needs(data, key, errors);
            return;
        }
        try {
            Json.parse(Base64.getDecoder().decode(data.get(key).asText()));
        } catch (IllegalArgumentException e) {
            errors.invalid(Errors.key("data", key), "<secret contents redacted>", "must be base64 of valid JSON"); // the parser's words would quote the secret
        }
    }
}
