package io.skerry.image.flash;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What makes one card differ from the next.
 *
 * @param hostname RFC 1123 label, at most 63 characters
 * @param labels the device's labels, by which the fleet's targets pick it
 * @param token the device's own enrolment token
 */
public record CardIdentity(String hostname, Map<String, String> labels, Optional<String> token) {
    private static final Pattern HOSTNAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    public CardIdentity {
        labels = Map.copyOf(labels);
        if (!HOSTNAME.matcher(hostname).matches()) {
            throw new ImageException("\"" + hostname + "\" cannot be a device's name: small letters, digits and dashes, at most 63, as in store-0042");
        }
    }

    /** Many from a CSV file: see {@link CardList}. */
    public static List<CardIdentity> list(Path csv) throws IOException {
        if (!Files.isRegularFile(csv)) {
            throw new ImageException("there is no file " + csv);
        }
        return CardList.read(csv);
    }

    /** Puts the identity into a device's settings; other labels than its own stay. */
    void applyTo(ObjectNode settings) {
        settings.put("hostname", hostname);
        if (!labels.isEmpty()) {
            ObjectNode all = settings.get("labels") instanceof ObjectNode there ? there : settings.putObject("labels");
            new TreeMap<>(labels).forEach(all::put);
        }
        token.ifPresent(value -> enrolment(settings).put("token", value));
    }

    private static ObjectNode enrolment(ObjectNode settings) {
        return settings.get("enrolment") instanceof ObjectNode there ? there : settings.putObject("enrolment");
    }
}
