package io.skerry.image.settings;

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.ZoneId;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The forms that a string may have. Each knows how to say what it allows. */
public enum Format {
    ANY("any text of one line", "[^\\r\\n\\x00]{1,4096}"),
    MULTILINE("any text", text -> !text.isEmpty() && text.indexOf('\0') < 0),
    HOSTNAME("a host name: small letters, digits and '-', at most 63, first and last a letter or digit; '{serial}' stands for the device's serial number",
            text -> text.replace("{serial}", "0").matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")),
    GIT_URL("the URL of a Git repository: https://, http://, ssh:// or file://", text -> url(text, "https", "http", "ssh", "file")),
    BRANCH("the name of a Git branch", "[A-Za-z0-9_][-A-Za-z0-9_./]{0,200}"),
    DURATION("a duration such as 30s, 5m or 1h30m", "([0-9]+(ms|s|m|h))+"),
    MQTT_URL("the URL of an MQTT broker: ssl://HOST:8883 or tcp://HOST:1883", "(tcp|ssl|mqtt|mqtts)://[^/\\s]+/?"),
    PROXY_URL("the URL of a proxy without user name and path: http://HOST:PORT", "http://[A-Za-z0-9.-]+:[0-9]{1,5}/?"),
    LABEL_KEY("a label's key as in Kubernetes: letters, digits, '-', '_', '.', at most 63, with an optional prefix such as example.org/",
            "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"),
    LABEL_VALUE("a label's value as in Kubernetes: letters, digits, '-', '_', '.', at most 63", "([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"),
    INTERFACE("the name of a network interface, at most 15 characters, such as end0 or enp1s0; '*' and '?' match several", "[A-Za-z0-9][-A-Za-z0-9_.*?]{0,14}|[*]"),
    ADDRESS("an IP address such as 192.0.2.1", Format::address),
    CIDR("an IP address with the length of its prefix, such as 192.0.2.10/24", Format::cidr),
    HOST("a host name or an IP address", text -> address(text) || text.matches("[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?")),
    DOMAIN("a DNS domain", "[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?"),
    NO_PROXY("a host, a domain that begins with a dot, an IP address or a prefix", "[A-Za-z0-9.*:/-]{1,253}"),
    ADDRESS_PORT("an IP address and a port, such as 192.0.2.5:19532 or [2001:db8::5]:19532", Format::addressAndPort),
    SSID("the name of a Wi-Fi network: 1 to 32 bytes", text -> !text.isEmpty() && text.getBytes(StandardCharsets.UTF_8).length <= 32
            && text.chars().noneMatch(Character::isISOControl)),
    WIFI_PASSWORD("a Wi-Fi password: 8 to 63 printable ASCII characters, or a key of 64 hexadecimal digits", "[\\x20-\\x7e]{8,63}|[0-9a-fA-F]{64}"),
    COUNTRY("a country of ISO 3166-1: two capital letters, such as DE", "[A-Z]{2}"),
    SSH_KEY("one line of an OpenSSH public key file, such as 'ssh-ed25519 AAAA... name'", Format::sshKey),
    USER("the name of a user: small letters, digits, '-' and '_', at most 31, first a letter; not one of the system's own accounts, such as root, backup or mail",
            "[a-z][-a-z0-9_]{0,30}", SystemAccounts.NAMES),
    GROUP("the name of a group", "[a-z][-a-z0-9_]{0,30}"),
    TIME_ZONE("a time zone of the tz database, such as Europe/Berlin or UTC", text -> ZoneId.getAvailableZoneIds().contains(text)),
    PUBLIC_KEY("an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----), as 'skerry image keygen' writes it", Format::publicKey),
    SIGNER("an OpenSSH public key ('ssh-ed25519 AAAA...') or an OpenPGP public key block", text -> sshKey(text) || text.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----")),
    CERTIFICATES("one or more certificates in PEM (-----BEGIN CERTIFICATE-----)", Format::certificates),
    PRIVATE_KEY("an unencrypted PKCS #8 private key in PEM (-----BEGIN PRIVATE KEY-----)", Format::privateKey),
    SSH_PRIVATE_KEY("an unencrypted OpenSSH private key (-----BEGIN OPENSSH PRIVATE KEY-----)",
            text -> text.strip().matches("(?s)-----BEGIN ([A-Z]+ )?PRIVATE KEY-----\\s.*\\s-----END ([A-Z]+ )?PRIVATE KEY-----")),
    PACKAGE("the name of a Debian package", "[a-z0-9][-a-z0-9+.]+"),
    ABSOLUTE_PATH("an absolute path without '..'", text -> text.startsWith("/") && text.length() > 1 && !text.contains("\0") && !List.of(text.split("/")).contains("..")),
    PATH("a path; a relative one starts at the folder of the settings file", "[^\\x00\\r\\n]{1,4096}"),
    MODE("permissions in octal, in quotes, such as '0644'", "0?[0-7]{3}");

    private static final Set<String> SSH_KEY_TYPES = Set.of("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
            "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com");

    private final String allowed;
    private final Predicate<String> check;
    private final String pattern;

    Format(String allowed, Predicate<String> check) {
        this.allowed = allowed;
        this.check = check;
        this.pattern = null;
    }

    Format(String allowed, String pattern) {
        this(allowed, pattern, Set.of());
    }

    Format(String allowed, String pattern, Set<String> except) {
        Pattern compiled = Pattern.compile(pattern);
        this.allowed = allowed;
        this.check = text -> compiled.matcher(text).matches() && !except.contains(text);
        this.pattern = pattern;
    }

    /** What is allowed, to follow "must be". */
    public String allowed() {
        return allowed;
    }

    /** The whole text's regular expression, null when no expression can say it. */
    String pattern() {
        return pattern;
    }

    /** Longer texts are not looked at: expressions may go as deep as a text is long. */
    boolean matches(String text) {
        return text.length() <= 64 * 1024 && (pattern == null || text.length() <= 4096) && check.test(text);
    }

    private static boolean url(String text, String... schemes) {
        try {
            URI uri = new URI(text);
            return uri.getScheme() != null && List.of(schemes).contains(uri.getScheme())
                    && (uri.getScheme().equals("file") ? uri.getPath() != null && uri.getPath().startsWith("/") : uri.getHost() != null);
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean address(String text) {
        try {
            // The JDK also takes "10" for an address; nobody who writes that means it.
            return (text.indexOf(':') >= 0 && text.indexOf('%') < 0 || text.matches("(\\d{1,3}\\.){3}\\d{1,3}")) && InetAddress.ofLiteral(text) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean addressAndPort(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean six = host.startsWith("[") && host.endsWith("]");
        return address(six ? host.substring(1, host.length() - 1) : host) && six == host.contains(":")
                && text.substring(colon + 1).matches("[1-9]\\d{0,4}") && Integer.parseInt(text.substring(colon + 1)) <= 65535;
    }

    private static boolean cidr(String text) {
        int slash = text.indexOf('/');
        return slash > 0 && address(text.substring(0, slash)) && text.substring(slash + 1).matches("\\d{1,3}")
                && Integer.parseInt(text.substring(slash + 1)) <= (text.indexOf(':') >= 0 ? 128 : 32);
    }

    private static boolean sshKey(String text) {
        String[] words = text.strip().split("[ \\t]+", 3);
        if (words.length < 2 || text.contains("\n") || !SSH_KEY_TYPES.contains(words[0])) {
            return false;
        }
        try {
            // RFC 4253, 6.6: the blob begins with the type again.
            byte[] blob = Base64.getDecoder().decode(words[1]);
            byte[] type = words[0].getBytes(StandardCharsets.US_ASCII);
            return blob.length > 4 + type.length + 4 && blob[3] == type.length && new String(blob, 4, type.length, StandardCharsets.US_ASCII).equals(words[0]);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean publicKey(String text) {
        try {
            KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(pem(text, "PUBLIC KEY")));
            return true;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean privateKey(String text) {
        for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
            try {
                KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pem(text, "PRIVATE KEY")));
                return true;
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                // Perhaps the next algorithm's.
            }
        }
        return false;
    }

    private static boolean certificates(String text) {
        try {
            return !CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))).isEmpty();
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static byte[] pem(String text, String what) {
        String begin = "-----BEGIN " + what + "-----";
        String end = "-----END " + what + "-----";
        String whole = text.strip();
        if (!whole.startsWith(begin) || !whole.endsWith(end)) {
            throw new IllegalArgumentException("no " + what);
        }
        return Base64.getMimeDecoder().decode(whole.substring(begin.length(), whole.length() - end.length()));
    }
}
