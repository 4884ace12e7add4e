package io.skerry.apiserver.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bootstrap tokens: {@code ID.SECRET} of 6 and 16 characters, kept in Secrets kube-system/bootstrap-token-ID of type bootstrap.kubernetes.io/token,
 * with which a node can ask for its certificate (plugin/pkg/auth/authenticator/token/bootstrap).
 */
public final class BootstrapTokens {
    private static final Pattern TOKEN = Pattern.compile("([a-z0-9]{6})\\.([a-z0-9]{16})");
    private static final String GROUP = "system:bootstrappers";
    private static final Pattern EXTRA_GROUP = Pattern.compile("system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]");

    private final Store store;

    public BootstrapTokens(Store store) {
        this.store = store;
    }

    /** Whether a bearer token has the form of one of these. */
    static boolean is(String token) {
        return TOKEN.matcher(token).matches();
    }

    /** @return null when there is no such token, or it has expired, or is not for authentication */
    User authenticate(String token) {
        Matcher parts = TOKEN.matcher(token);
        if (!parts.matches()) {
            return null;
        }
        // from the cache alone: nobody's guess is to cost a look into a shared datastore
        Entry entry = store.cache().resource("", "secrets").get("kube-system/bootstrap-token-" + parts.group(1));
        ObjectNode secret = entry == null ? null : entry.tree();
        if (secret == null || !Json.text(secret, "metadata", "deletionTimestamp").isEmpty() || !Json.text(secret, "type").equals("bootstrap.kubernetes.io/token")
                || !MessageDigest.isEqual(bytes(data(secret, "token-secret")), bytes(parts.group(2))) || !data(secret, "token-id").equals(parts.group(1))
                || hasExpired(data(secret, "expiration")) || !data(secret, "usage-bootstrap-authentication").equals("true")) {
            return null;
        }
        List<String> groups = new ArrayList<>(List.of(GROUP));
        String extra = data(secret, "auth-extra-groups");
        if (!extra.isEmpty()) {
            List<String> named = List.of(extra.split(",", -1));
            if (!named.stream().allMatch(EXTRA_GROUP.asMatchPredicate())) {
                return null;
            }
            groups.addAll(named);
        }
        groups.add(User.AUTHENTICATED);
        return new User("system:bootstrap:" + parts.group(1), "", groups, Map.of());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String data(ObjectNode secret, String key) {
        try {
            return new String(Base64.getDecoder().decode(Json.text(secret, "data", key)), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** What cannot be read has expired, as upstream: a typing error must not make a token last for ever. */
    private static boolean hasExpired(String expiration) {
        try {
            return !expiration.isEmpty() && !OffsetDateTime.parse(expiration).toInstant().isAfter(Instant.now());
        } catch (DateTimeException e) {
            return true;
        }
    }
}
