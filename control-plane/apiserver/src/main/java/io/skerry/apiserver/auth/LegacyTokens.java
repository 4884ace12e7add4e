package io.skerry.apiserver.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.auth.ServiceAccountTokens.InvalidTokenException;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * ServiceAccount tokens that are kept in Secrets of type kubernetes.io/service-account-token (upstream's pkg/serviceaccount/legacy.go, KEP-2799). They
 * have no end: what ends them is that the Secret or the account goes. The day of their last use is written on the Secret.
 */
final class LegacyTokens {
    /** Upstream's, whatever the issuer of other tokens is. */
    static final String ISSUER = "kubernetes/serviceaccount";

    private static final System.Logger LOG = System.getLogger(LegacyTokens.class.getName());
    private static final User WRITER = User.master("system:apiserver");
    private static final String CLAIM = "kubernetes.io/serviceaccount/";
    private static final String LAST_USED = "kubernetes.io/legacy-token-last-used";
    private static final String INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";
    private static final String WARNING = "Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.";
    /** Before a note of the last use that failed is tried again. */
    private static final Duration PAUSE = Duration.ofMinutes(1);

    private final Store store;
    private final ApiHandler server;
    /** Uids of Secrets whose last use is being noted, or could not be lately. */
    private final Set<String> noting = ConcurrentHashMap.newKeySet();

    LegacyTokens(Store store, ApiHandler server) {
        this.store = store;
        this.server = server;
    }

    static ObjectNode claims(String namespace, String account, String uid, String secret) {
        return Json.object().put("iss", ISSUER).put(CLAIM + "namespace", namespace).put(CLAIM + "secret.name", secret)
                .put(CLAIM + "service-account.name", account).put(CLAIM + "service-account.uid", uid).put("sub", ServiceAccountTokens.PREFIX + namespace + ":" + account);
    }

    /**
     * The account that a token stands for.
     *
     * @param claims of the token, whose signature is good
     */
    User verify(JsonNode claims, String token) throws InvalidTokenException {
        String namespace = claim(claims, "namespace");
        String secretName = claim(claims, "secret.name");
        String name = claim(claims, "service-account.name");
        String uid = claim(claims, "service-account.uid");
        if (!Json.text(claims, "sub").equals(ServiceAccountTokens.PREFIX + namespace + ":" + name)) {
            throw new InvalidTokenException("sub claim is invalid");
        }
        ObjectNode secret = store.tree("", "secrets", namespace + "/" + secretName);
        if (secret == null || !Json.text(secret, "metadata", "deletionTimestamp").isEmpty()) {
            throw new InvalidTokenException("Token has been invalidated");
        }
        if (!MessageDigest.isEqual(token(secret), token.getBytes(StandardCharsets.UTF_8))) {
            throw new InvalidTokenException("Token does not match server's copy");
        }
        ObjectNode account = store.tree("", "serviceaccounts", namespace + "/" + name);
        if (account == null || !Json.text(account, "metadata", "deletionTimestamp").isEmpty()) {
            throw new InvalidTokenException("ServiceAccount " + namespace + "/" + name + " has been deleted");
        }
        if (!Json.text(account, "metadata", "uid").equals(uid)) {
            throw new InvalidTokenException("ServiceAccount UID (" + Json.text(account, "metadata", "uid") + ") does not match claim (" + uid + ")");
        }
        noteUse(namespace, secret);
        if (!Json.text(secret, "metadata", "labels", INVALID_SINCE).isEmpty()) {
            throw new InvalidTokenException("the token in secret " + namespace + "/" + secretName + " for service account " + namespace + "/" + name
                    + " has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '" + INVALID_SINCE
                    + "' label from the secret to temporarily allow use of this token");
        }
        return new User(ServiceAccountTokens.PREFIX + namespace + ":" + name, uid, ServiceAccountTokens.groups(namespace), Map.of(), remarks(account, secretName));
    }

    private static String claim(JsonNode claims, String name) throws InvalidTokenException {
        String value = Json.text(claims, CLAIM + name);
        if (value.isEmpty()) {
            throw new InvalidTokenException(CLAIM + name + " claim is missing");
        }
        return value;
    }

    private static byte[] token(ObjectNode secret) {
        try {
            return Base64.getDecoder().decode(Json.text(secret, "data", "token"));
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** Those that an account lists were made by a cluster older than 1.24, and nobody may know of them. */
    private static User.Remarks remarks(ObjectNode account, String secret) {
        for (JsonNode listed : account.path("secrets")) {
            if (Json.text(listed, "name").equals(secret)) {
                return new User.Remarks(List.of(WARNING), Map.of("authentication.k8s.io/legacy-token-autogenerated-secret", secret));
            }
        }
        return new User.Remarks(List.of(), Map.of("authentication.k8s.io/legacy-token-manual-secret", secret));
    }

    /**
     * Writes the day on the Secret, once a day. Tomorrow's date is left alone, too: it is that of a server whose clock is ahead. Beside the request,
     * which is not to wait for a disk or database that is away.
     */
    private void noteUse(String namespace, ObjectNode secret) {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        String noted = Json.text(secret, "metadata", "labels", LAST_USED);
        if (noted.equals(today.toString()) || noted.equals(today.plusDays(1).toString())) {
            return;
        }
        String uid = Json.text(secret, "metadata", "uid");
        if (noting.add(uid)) {
            String path = "/api/v1/namespaces/" + namespace + "/secrets/" + Json.text(secret, "metadata", "name");
            Thread.ofVirtual().name("token-use").start(() -> write(path, uid, today));
        }
    }

    private void write(String path, String uid, LocalDate day) {
        ObjectNode patch = Json.object();
        patch.putObject("metadata").put("uid", uid).putObject("labels").put(LAST_USED, day.toString());
        DirectCall.Answer answer = DirectCall.send(server, WRITER, "PATCH", path, Map.of("Content-Type", "application/merge-patch+json", "User-Agent", "apiserver"),
                Json.bytes(patch));
        try {
            // what went or changed meanwhile is seen at its next use
            if (answer.code() >= 300 && answer.code() != 404 && answer.code() != 409) {
                LOG.log(System.Logger.Level.WARNING, "{0} was used, which could not be noted on it: {1}", path, Json.text(answer.body(), "message"));
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            noting.remove(uid);
        }
    }
}
