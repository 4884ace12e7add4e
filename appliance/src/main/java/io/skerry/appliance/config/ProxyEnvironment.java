package io.skerry.appliance.config;

import io.skerry.appliance.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The proxies that {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY} name, as the JDK's system properties (Networking
 * Properties in java.net): the fleet repository, charts and updates are then fetched through them, as images are by containerd.
 */
public final class ProxyEnvironment {
    /** A device's settings of the proxy, which {@code skerry.service} has as its EnvironmentFile (systemd.exec(5)). */
    public static final Path FILE = Path.of("/etc/skerry/environment");

    /** IPv4, with a length from 1 to 32. */
    private static final String PREFIX = "(\\d{1,3}\\.){3}\\d{1,3}/([1-9]|[12]\\d|3[0-2])";
    /** Of both schemes, in spite of its name. */
    private static final String DIRECT = "http.nonProxyHosts";

    private ProxyEnvironment() {}

    /** For the whole process; before anything connects. */
    public static void apply(Map<String, String> environment) {
        properties(environment).forEach(System::setProperty);
    }

    /**
     * For a command, which no unit gives the device's proxy.
     *
     * @param environment what it names counts before the file
     * @param file        {@code NAME=value} lines; need not exist
     */
    public static void apply(Map<String, String> environment, Path file) {
        Map<String, String> all = new HashMap<>();
        try {
            for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
                int equals = line.indexOf('=');
                if (equals > 0 && !line.startsWith("#")) {
                    all.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
                }
            }
        } catch (IOException e) {
            throw new UserError("the proxy's settings in " + file + " cannot be read: " + e.getMessage(), e);
        }
        all.putAll(environment);
        apply(all);
    }

    /** What the whole process reaches without the proxy as well, if it has one: this machine's own address, which may have come by DHCP. */
    public static void direct(String host) {
        String before = System.getProperty(DIRECT);
        if (before != null) {
            System.setProperty(DIRECT, before + "|" + host);
        }
    }

    /** Nothing when the environment names no proxy. What cannot be read is left out: containerd says so as well. */
    static Map<String, String> properties(Map<String, String> environment) {
        Map<String, String> properties = new HashMap<>();
        for (String scheme : List.of("http", "https")) {
            String value = environment.getOrDefault(scheme.toUpperCase(Locale.ROOT) + "_PROXY", environment.getOrDefault(scheme + "_proxy", ""));
            URI proxy = value.matches("http://[^\\s]+") ? URI.create(value) : null;
            if (proxy != null && proxy.getHost() != null) {
                properties.put(scheme + ".proxyHost", proxy.getHost());
                properties.put(scheme + ".proxyPort", String.valueOf(proxy.getPort() < 0 ? 80 : proxy.getPort()));
            }
        }
        if (!properties.isEmpty()) {
            properties.put(DIRECT, patterns(environment.getOrDefault("NO_PROXY", environment.getOrDefault("no_proxy", ""))));
        }
        return properties;
    }

    private static String patterns(String list) {
        List<String> patterns = new ArrayList<>(List.of("localhost", "127.*", "[::1]"));
        for (String each : list.split("[,\\s]+")) {
            if (each.startsWith(".")) {
                patterns.add("*" + each);
            } else if (each.matches(PREFIX)) {
                prefix(each, patterns);
            } else if (each.indexOf(':') != each.lastIndexOf(':') && !each.contains("/")) {
                // IPv6, which is in brackets in a URL.
                patterns.add(each.startsWith("[") ? each : "[" + each + "]");
            } else if (!each.isEmpty() && !each.contains("/")) {
                patterns.add(each);
            }
        }
        return String.join("|", patterns);
    }

    /** The JDK knows no prefixes, only a '*' at the end: one that ends within a number comes to up to 128 patterns. */
    private static void prefix(String cidr, List<String> patterns) {
        String[] numbers = cidr.split("[./]");
        int length = Integer.parseInt(numbers[4]);
        int whole = (length - 1) / 8;
        int count = 1 << (8 * (whole + 1) - length);
        int first = Integer.parseInt(numbers[whole]) & -count;
        String before = String.join("", List.of(numbers).subList(0, whole).stream().map(number -> number + ".").toList());
        for (int number = first; number < first + count; number++) {
            patterns.add(before + number + (whole == 3 ? "" : ".*"));
        }
    }
}
