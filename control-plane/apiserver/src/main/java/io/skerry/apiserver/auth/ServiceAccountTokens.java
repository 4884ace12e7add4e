package io.skerry.apiserver.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import java.security.KeyPair;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * ServiceAccount tokens bound to time, audience and an object (KEP-1205): issued for TokenRequests, and good only while the account
 * and the object they are bound to are there. Those that are kept in Secrets are {@link LegacyTokens}.
 */
public final class ServiceAccountTokens {
    static final String PREFIX = "system:serviceaccount:";
    private static final String CLAIM = "kubernetes.io";

    private final Jwt jwt;
    private final String issuer;
    private final Store store;
    private final LegacyTokens legacy;

    /** @param server by which the use of tokens from Secrets is noted on them */
    public ServiceAccountTokens(KeyPair keys, String issuer, Store store, ApiHandler server) {
        this.jwt = new Jwt(keys);
        this.issuer = issuer;
        this.store = store;
        this.legacy = new LegacyTokens(store, server);
    }

    /**
     * A signed token without an end, good while the Secret that it is kept in and the account are there.
     *
     * @param account name of the ServiceAccount
     * @param uid     its uid
     * @param secret  name of the Secret, which is of type kubernetes.io/service-account-token
     */
    public String issueForSecret(String namespace, String account, String uid, String secret) {
        return jwt.sign(LegacyTokens.claims(namespace, account, uid, secret));
    }

    /** Audience of the API server itself, when a request names none. */
    public String defaultAudience() {
        return issuer;
    }

    /**
     * A signed token.
     *
     * @param account   the v1 ServiceAccount
     * @param bound     object the token is bound to (v1 Pod, Secret or Node), or null
     * @param node      the node of a bound pod, or null
     * @param warnAfter when a client should have a newer one, or null
     */
    public String issue(ObjectNode account, ObjectNode bound, ObjectNode node, List<String> audiences, Instant now, Instant expires, Instant warnAfter) {
        ObjectNode claims = Json.object();
        var audience = claims.putArray("aud");
        audiences.forEach(audience::add);
        claims.put("exp", expires.getEpochSecond()).put("iat", now.getEpochSecond()).put("iss", issuer).put("jti", UUID.randomUUID().toString());
        ObjectNode details = claims.putObject(CLAIM);
        String namespace = Json.text(account, "metadata", "namespace");
        details.put("namespace", namespace);
        if (node != null) {
            reference(details, "node", node);
        }
        if (bound != null) {
            reference(details, Json.text(bound, "kind").toLowerCase(Locale.ROOT), bound);
        }
        reference(details, "serviceaccount", account);
        if (warnAfter != null) {
            details.put("warnafter", warnAfter.getEpochSecond());
        }
        claims.put("nbf", now.getEpochSecond()).put("sub", PREFIX + namespace + ":" + Json.text(account, "metadata", "name"));
        return jwt.sign(claims);
    }

    private static void reference(ObjectNode details, String field, ObjectNode object) {
        details.putObject(field).put("name", Json.text(object, "metadata", "name")).put("uid", Json.text(object, "metadata", "uid"));
    }

    /**
     * What a token proves.
     *
     * @param audiences those of the asked audiences that the token has
     */
    public record Verified(User user, List<String> audiences) {
    }

    /**
     * The account a token stands for.
     *
     * @param wanted audiences of which the token must have one
     * @throws InvalidTokenException with the reason
     */
    public Verified verify(String token, List<String> wanted) throws InvalidTokenException {
        JsonNode claims = jwt.verify(token);
        if (claims == null) {
            throw new InvalidTokenException("the token is not signed by this cluster's ServiceAccount key");
        }
        if (Json.text(claims, "iss").equals(LegacyTokens.ISSUER)) {
            // they name no audience: they are for this API server alone
            if (!wanted.contains(issuer)) {
                throw new InvalidTokenException("token audiences [" + issuer + "] is invalid for the target audiences " + wanted);
            }
            return new Verified(legacy.verify(claims, token), List.of(issuer));
        }
        Instant now = Instant.now();
        if (!Json.text(claims, "iss").equals(issuer)) {
            throw new InvalidTokenException("the token's issuer is " + Json.text(claims, "iss") + ", not " + issuer);
        }
        if (claims.path("exp").asLong() <= now.getEpochSecond()) {
            throw new InvalidTokenException("service account token has expired");
        }
        if (claims.path("nbf").asLong() > now.getEpochSecond() + 60) {
            throw new InvalidTokenException("service account token is issued in the future");
        }
        List<String> audiences = new ArrayList<>();
        claims.path("aud").forEach(a -> {
            if (wanted.contains(a.asText())) {
                audiences.add(a.asText());
            }
        });
        if (audiences.isEmpty()) {
            throw new InvalidTokenException("token audiences " + claims.path("aud") + " is invalid for the target audiences " + wanted);
        }
        return new Verified(user(claims), audiences);
    }

    private User user(JsonNode claims) throws InvalidTokenException {
        JsonNode details = claims.path(CLAIM);
        String namespace = Json.text(details, "namespace");
        String name = Json.text(details, "serviceaccount", "name");
        check("serviceaccounts", namespace + "/" + name, Json.text(details, "serviceaccount", "uid"), "service account");
        Map<String, List<String>> extra = new HashMap<>();
        extra.put("authentication.kubernetes.io/credential-id", List.of("JTI=" + Json.text(claims, "jti")));
        if (details.has("pod")) {
            String pod = Json.text(details, "pod", "name");
            String uid = Json.text(details, "pod", "uid");
            check("pods", namespace + "/" + pod, uid, "pod");
            extra.put("authentication.kubernetes.io/pod-name", List.of(pod));
            extra.put("authentication.kubernetes.io/pod-uid", List.of(uid));
        }
        if (details.has("secret")) {
            check("secrets", namespace + "/" + Json.text(details, "secret", "name"), Json.text(details, "secret", "uid"), "secret");
        }
        if (details.has("node")) {
            if (!details.has("pod")) {
                check("nodes", Json.text(details, "node", "name"), Json.text(details, "node", "uid"), "node");
            }
            extra.put("authentication.kubernetes.io/node-name", List.of(Json.text(details, "node", "name")));
            extra.put("authentication.kubernetes.io/node-uid", List.of(Json.text(details, "node", "uid")));
        }
        return new User(PREFIX + namespace + ":" + name, Json.text(details, "serviceaccount", "uid"), groups(namespace), extra);
    }

    /** Of every account of a namespace. */
    static List<String> groups(String namespace) {
        return List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace, User.AUTHENTICATED);
    }

    private void check(String plural, String key, String uid, String what) throws InvalidTokenException {
        ObjectNode object = store.tree("", plural, key);
        if (object == null || !Json.text(object, "metadata", "uid").equals(uid)) {
            throw new InvalidTokenException(what + " " + key + " has been deleted");
        }
        String deleted = Json.text(object, "metadata", "deletionTimestamp");
        // a minute for what still has to be said while going, as upstream
        if (!deleted.isEmpty() && Instant.parse(deleted).plusSeconds(60).isBefore(Instant.now())) {
            throw new InvalidTokenException(what + " " + key + " has been deleted");
        }
    }

    /** {@code /.well-known/openid-configuration}. */
    public ObjectNode configuration() {
        ObjectNode document = Json.object().put("issuer", issuer).put("jwks_uri", issuer + "/openid/v1/jwks");
        document.putArray("response_types_supported").add("id_token");
        document.putArray("subject_types_supported").add("public");
        document.putArray("id_token_signing_alg_values_supported").add(jwt.algorithm());
        return document;
    }

    /** {@code /openid/v1/jwks}. */
    public ObjectNode keySet() {
        return jwt.keySet();
    }

    /** A token that proves nothing. */
    public static final class InvalidTokenException extends Exception {
        private static final long serialVersionUID = 1L;

        InvalidTokenException(String message) {
            super(message);
        }
    }
}
