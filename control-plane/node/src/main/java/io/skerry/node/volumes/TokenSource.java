package io.skerry.node.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.machinery.json.Json;
import io.skerry.node.pods.PodApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/** Service account tokens of projected volumes: bound to their pod, renewed after 80% of their life (or a day). */
final class TokenSource {
    private static final long DEFAULT_SECONDS = 3600;
    private static final Duration OLDEST = Duration.ofHours(24), RETRY = Duration.ofMinutes(1);

    /** @param renew when the token has to be replaced */
    record Token(String text, Instant renew) { }

    private final PodApi api;

    TokenSource(PodApi api) { this.api = api; }

    /** The token in the file while it is young enough (so a restarted node asks for none), else a new one. */
    Token current(Pod pod, ServiceAccountTokenProjection wanted, Path file) {
        Token old = read(file);
        if (old != null && Instant.now().isBefore(old.renew)) return old;
        String account = pod.getSpec().getServiceAccountName() == null || pod.getSpec().getServiceAccountName().isEmpty() ? "default" : pod.getSpec().getServiceAccountName();
        var request = new TokenRequestBuilder().withNewSpec().withExpirationSeconds(wanted.getExpirationSeconds() == null ? DEFAULT_SECONDS : wanted.getExpirationSeconds())
                .withNewBoundObjectRef().withKind("Pod").withApiVersion("v1").withName(pod.getMetadata().getName()).withUid(pod.getMetadata().getUid()).endBoundObjectRef().endSpec();
        if (wanted.getAudience() != null && !wanted.getAudience().isEmpty()) request.editSpec().withAudiences(wanted.getAudience()).endSpec();
        String text;
        try {
            text = api.token(pod.getMetadata().getNamespace(), account, request.build()).getStatus().getToken();
        } catch (KubernetesClientException e) {
            if (old == null) throw e;
            return new Token(old.text, Instant.now().plus(RETRY)); // a pod that runs goes on with what it has
        }
        Instant renew = renewal(text);
        return new Token(text, renew != null ? renew : Instant.now().plusSeconds(DEFAULT_SECONDS * 8 / 10));
    }

    private static Token read(Path file) {
        try {
            String text = Files.readString(file);
            Instant renew = renewal(text);
            return renew == null ? null : new Token(text, renew);
        } catch (IOException e) {
            return null;
        }
    }

    /** From the claims of a JWT; null when it is none. */
    static Instant renewal(String jwt) {
        String[] parts = jwt.split("\\.");
        if (parts.length != 3) return null;
        JsonNode claims;
        try {
            claims = Json.parse(Base64.getUrlDecoder().decode(parts[1]));
        } catch (RuntimeException e) {
            return null;
        }
        if (!claims.has("iat") || !claims.has("exp")) return null;
        long issued = claims.get("iat").asLong(), life = claims.get("exp").asLong() - issued;
        return Instant.ofEpochSecond(issued + Math.min(life * 8 / 10, OLDEST.toSeconds()));
    }
}
