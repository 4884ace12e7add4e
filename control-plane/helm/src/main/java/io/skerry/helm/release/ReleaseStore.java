package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.ClusterAccess;
import io.skerry.helm.HelmException;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Releases in Secrets, one a revision, in the form of Helm's secrets driver, so that {@code helm list} and {@code helm history} read
 * ours and we read theirs: type helm.sh/release.v1, name sh.helm.release.v1.NAME.vN, and in data.release the record as JSON,
 * gzipped and in base 64.
 */
final class ReleaseStore {
    private static final String TYPE = "helm.sh/release.v1";
    private static final String PREFIX = "sh.helm.release.v1.";

    private final ClusterAccess cluster;
    private final Clock clock;

    ReleaseStore(ClusterAccess cluster, Clock clock) {
        this.cluster = cluster;
        this.clock = clock;
    }

    /** @return oldest first */
    List<Release> history(String namespace, String name) {
        List<Release> out = new ArrayList<>();
        for (JsonNode secret : cluster.list("v1", "Secret", namespace, "name=" + name + ",owner=helm")) {
            if (Json.text(secret, "type").equals(TYPE)) {
                out.add(decode(secret));
            }
        }
        out.sort(Comparator.comparingInt(Release::version));
        return out;
    }

    private static String key(Release r) {
        return PREFIX + r.name() + ".v" + r.version();
    }

    private static Release decode(JsonNode secret) {
        try {
            byte[] inner = Base64.getDecoder().decode(Base64.getMimeDecoder().decode(Json.text(secret, "data", "release")));
            boolean zipped = inner.length > 2 && inner[0] == 0x1f && inner[1] == (byte) 0x8b;
            byte[] json = zipped ? new GZIPInputStream(new ByteArrayInputStream(inner)).readAllBytes() : inner;
            return new Release((ObjectNode) Json.parse(json));
        } catch (IOException | IllegalArgumentException | ClassCastException e) {
            throw new HelmException("Secret " + Json.text(secret, "metadata", "name") + " in namespace " + Json.text(secret, "metadata", "namespace")
                + " holds no Helm release that can be read (delete it to go on without this revision): " + e.getMessage(), e);
        }
    }

    private static String encode(Release r) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes) {
            {
                def.setLevel(Deflater.BEST_COMPRESSION);
            }
        }) {
            zip.write(Json.bytes(r.document()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] inner = Base64.getEncoder().encode(bytes.toByteArray());
        return new String(Base64.getEncoder().encode(inner), StandardCharsets.US_ASCII);
    }

    /** @param labels the user's own */
    void create(Release r, Map<String, String> labels) {
        ObjectNode secret = Json.object();
        secret.put("apiVersion", "v1").put("kind", "Secret");
        ObjectNode metadata = secret.putObject("metadata").put("name", key(r)).put("namespace", r.namespace());
        ObjectNode l = metadata.putObject("labels");
        labels.forEach(l::put);
        labels(l, r).put("createdAt", Long.toString(clock.instant().getEpochSecond()));
        secret.put("type", TYPE).putObject("data").put("release", encode(r));
        try {
            cluster.create(secret);
        } catch (ClusterAccess.AlreadyExistsException e) {
            throw new HelmException("release " + r.name() + ": revision " + r.version() + " has just been made by someone else", e);
        }
    }

    void update(Release r) {
        ObjectNode patch = Json.object();
        labels(patch.putObject("metadata").putObject("labels"), r).put("modifiedAt", Long.toString(clock.instant().getEpochSecond()));
        patch.putObject("data").put("release", encode(r));
        cluster.patch("v1", "Secret", r.namespace(), key(r), patch);
    }

    private static ObjectNode labels(ObjectNode labels, Release r) {
        return labels.put("name", r.name()).put("owner", "helm").put("status", r.status()).put("version", Integer.toString(r.version()));
    }

    void delete(Release r) {
        cluster.delete("v1", "Secret", r.namespace(), key(r));
    }
}
