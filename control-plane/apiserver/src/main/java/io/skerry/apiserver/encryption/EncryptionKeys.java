package io.skerry.apiserver.encryption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that encrypt Secrets at rest, in a file of mode 0600 with Kubernetes' EncryptionConfiguration (apiserver.config.k8s.io/v1, provider
 * aesgcm), as k3s keeps it. The first key encrypts; the others can only decrypt: they stay so that older snapshots can be restored.
 */
public final class EncryptionKeys {
    private static final int KEY_BYTES = 32;
    private static final String MODE = "rw-------";
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final List<Key> keys;

    /** @param name part of each encrypted value */
    record Key(String name, SecretKey secret) {
    }

    private EncryptionKeys(List<Key> keys) {
        this.keys = List.copyOf(keys);
    }

    /**
     * Reads the file, or makes it with one new key when it is not there.
     *
     * @throws IOException when it cannot be read or written, or is no such configuration; the message names the file and says what to do
     */
    public static EncryptionKeys loadOrCreate(Path file, Clock clock) throws IOException {
        if (Files.exists(file)) {
            return load(file);
        }
        EncryptionKeys made = new EncryptionKeys(List.of(newKey(clock)));
        made.save(file);
        return made;
    }

    /** As {@link #loadOrCreate} for a file that must be there. */
    public static EncryptionKeys load(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new IOException(file + " is not there: the server makes it when it starts");
        }
        try {
            List<Key> keys = new ArrayList<>();
            JsonNode root = Json.parse(Files.readAllBytes(file));
            for (JsonNode provider : root.path("resources").path(0).path("providers")) {
                for (JsonNode key : Json.at(provider, "aesgcm", "keys")) {
                    byte[] secret = Base64.getDecoder().decode(Json.text(key, "secret"));
                    if (secret.length != 16 && secret.length != 24 && secret.length != KEY_BYTES || !Json.text(key, "name").matches("[A-Za-z0-9._-]+")) {
                        throw new IllegalArgumentException("key \"" + Json.text(key, "name") + "\" needs a name of letters and digits, and 16, 24 or 32 bytes in base64");
                    }
                    keys.add(new Key(Json.text(key, "name"), new SecretKeySpec(secret, "AES")));
                }
            }
            if (keys.isEmpty()) {
                throw new IllegalArgumentException("resources[0].providers has no aesgcm keys");
            }
            return new EncryptionKeys(keys);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is no EncryptionConfiguration: " + e.getMessage() + ". Restore it from a backup: without it the cluster's Secrets cannot be read", e);
        }
    }

    private static Key newKey(Clock clock) {
        SecureRandom random = new SecureRandom();
        byte[] secret = new byte[KEY_BYTES];
        random.nextBytes(secret);
        // two servers that make one in the same second must not give both the same name: what one encrypted would be damaged for the other
        return new Key("aesgcm-" + NAME.format(clock.instant()) + "-" + HexFormat.of().toHexDigits(random.nextInt()), new SecretKeySpec(secret, "AES"));
    }

    /** These keys with a new one in front, which encrypts from now on. Takes effect with {@link #save} and a restart of the server. */
    public EncryptionKeys rotated(Clock clock) {
        List<Key> all = new ArrayList<>(keys);
        all.addFirst(newKey(clock));
        return new EncryptionKeys(all);
    }

    /** Writes the file whole or not at all. */
    public void save(Path file) throws IOException {
        ObjectNode root = Json.object().put("kind", "EncryptionConfiguration").put("apiVersion", "apiserver.config.k8s.io/v1");
        ObjectNode resource = root.putArray("resources").addObject();
        resource.putArray("resources").add("secrets");
        ArrayNode providers = resource.putArray("providers");
        ArrayNode list = providers.addObject().putObject("aesgcm").putArray("keys");
        keys.forEach(key -> list.addObject().put("name", key.name()).put("secret", Base64.getEncoder().encodeToString(key.secret().getEncoded())));
        providers.addObject().putObject("identity");
        AtomicFile.write(file, Json.bytes(root), MODE);
    }

    /** The key that encrypts. */
    Key first() {
        return keys.getFirst();
    }

    /** Null when there is no such key. */
    Key named(String name) {
        return keys.stream().filter(k -> k.name().equals(name)).findFirst().orElse(null);
    }

    List<Key> all() {
        return keys;
    }

    /** Names, the one that encrypts first. */
    public List<String> names() {
        return keys.stream().map(Key::name).toList();
    }
}
