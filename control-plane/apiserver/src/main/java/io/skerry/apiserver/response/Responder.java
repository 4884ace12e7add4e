package io.skerry.apiserver.response;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Writes whole responses. */
public final class Responder {
    private static final byte[] NEWLINE = {'\n'};

    /** Characters of all warnings, and of one, as in apiserver's warning recorder. */
    private static final int MAX_WARNINGS = 4096;
    private static final int MAX_WARNING = 256;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private Responder() {
    }

    public static void json(ApiResponse response, int code, JsonNode body, List<String> warnings) {
        json(response, code, Json.bytes(body), warnings);
    }

    /** An object in the form that the client accepts. */
    public static void object(ApiResponse response, int code, JsonNode body, Accepted accepted, List<String> warnings) {
        if (!accepted.yaml()) {
            json(response, code, body, warnings);
            return;
        }
        byte[] bytes = yaml(body);
        Map<String, String> headers = yamlHeaders(warnings);
        headers.put("Content-Length", Integer.toString(bytes.length));
        response.start(code, headers);
        response.write(bytes);
        response.end();
    }

    /** A value as a part of a YAML document, with a final newline. */
    public static byte[] yaml(JsonNode value) {
        return Yaml.write(value).getBytes(StandardCharsets.UTF_8);
    }

    public static void json(ApiResponse response, int code, byte[] body, List<String> warnings) {
        Map<String, String> headers = headers(warnings);
        headers.put("Content-Length", Integer.toString(body.length + 1));
        response.start(code, headers);
        response.write(body);
        response.write(NEWLINE);
        response.end();
    }

    public static void text(ApiResponse response, int code, String body) {
        text(response, code, "text/plain; charset=utf-8", body);
    }

    public static void text(ApiResponse response, int code, String contentType, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        response.start(code, Map.of("Content-Type", contentType, "X-Content-Type-Options", "nosniff", "Content-Length", Integer.toString(bytes.length)));
        response.write(bytes);
        response.end();
    }

    public static void failure(ApiResponse response, ApiException failure) {
        failure(response, failure, null);
    }

    /** @param accept what the client accepts, null when that is not known */
    public static void failure(ApiResponse response, ApiException failure, String accept) {
        boolean yaml = Accepted.ofFailure(accept).yaml();
        byte[] body = yaml ? yaml(failure.status()) : Json.bytes(failure.status());
        Map<String, String> headers = yaml ? yamlHeaders(List.of()) : headers(List.of());
        headers.put("Content-Length", Integer.toString(body.length + 1));
        int retry = failure.status().path("details").path("retryAfterSeconds").asInt();
        if (retry > 0) {
            headers.put("Retry-After", Integer.toString(retry));
        }
        response.start(failure.code(), headers);
        response.write(body);
        response.write(NEWLINE);
        response.end();
    }

    /**
     * Headers of a JSON answer. Warnings are joined into one Warning header (RFC 7234, section 5.5); as upstream, long ones are cut once all
     * together would be larger than what any client's HTTP library takes.
     */
    public static Map<String, String> headers(List<String> warnings) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/json");
        headers.put("Cache-Control", "no-cache, private");
        if (!warnings.isEmpty()) {
            boolean many = warnings.stream().mapToInt(String::length).sum() > MAX_WARNINGS;
            headers.put("Warning", String.join(", ", warnings.stream().distinct().limit(many ? MAX_WARNINGS / MAX_WARNING : Long.MAX_VALUE)
                    .map(w -> warning(many && w.length() > MAX_WARNING ? w.substring(0, MAX_WARNING) : w)).toList()));
        }
        return headers;
    }

    /** As {@link #headers}, of an answer in YAML. */
    public static Map<String, String> yamlHeaders(List<String> warnings) {
        Map<String, String> headers = headers(warnings);
        headers.put("Content-Type", Accepted.YAML_TYPE);
        return headers;
    }

    /** One warning as the header Warning takes it. */
    public static String warning(String text) {
        return "299 - \"" + quotable(text) + "\"";
    }

    /** Names of fields are the client's: no header may hold their control characters. */
    private static String quotable(String warning) {
        return CONTROL.matcher(warning).replaceAll(" ").replace("\\", "\\\\").replace("\"", "\\\"");
    }
}
