package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.encoding.Trees;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;

/**
 * One revision of a release, as Helm records it (helm.sh/helm/v3/pkg/release).
 * @param document the whole record as Helm's JSON
 */
public record Release(ObjectNode document) {
    public static final String DEPLOYED = "deployed";
    public static final String SUPERSEDED = "superseded";
    public static final String FAILED = "failed";
    public static final String PENDING_INSTALL = "pending-install";
    public static final String PENDING_UPGRADE = "pending-upgrade";
    public static final String PENDING_ROLLBACK = "pending-rollback";
    public static final String UNINSTALLING = "uninstalling";
    public static final String UNINSTALLED = "uninstalled";

    public String name() {
        return document.path("name").asText();
    }

    public String namespace() {
        return document.path("namespace").asText();
    }

    public int version() {
        return document.path("version").asInt();
    }

    private JsonNode info() {
        return document.path("info");
    }

    /** One of Helm's words: see the constants. */
    public String status() {
        return info().path("status").asText();
    }

    public boolean isPending() {
        return status().startsWith("pending-");
    }

    public String description() {
        return info().path("description").asText();
    }

    /** @return null when not recorded */
    public Instant firstDeployed() {
        return time(info().path("first_deployed").asText());
    }

    /** @return null when not recorded */
    public Instant lastDeployed() {
        return time(info().path("last_deployed").asText());
    }

    private static Instant time(String s) {
        try {
            return OffsetDateTime.parse(s).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private String chart(String field) {
        return document.path("chart").path("metadata").path(field).asText();
    }

    public String chartName() {
        return chart("name");
    }

    public String chartVersion() {
        return chart("version");
    }

    public String appVersion() {
        return chart("appVersion");
    }

    /** The user's values. */
    public Map<String, Object> values() {
        return Trees.map(document.path("config"));
    }

    /** All objects but hooks, as one YAML stream. */
    public String manifest() {
        return document.path("manifest").asText();
    }

    /** What NOTES.txt said; "" for nothing. */
    public String notes() {
        return info().path("notes").asText("");
    }

    void set(String status, String description) {
        ((ObjectNode) info()).put("status", status).put("description", description);
    }
}
