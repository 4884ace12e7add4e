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
            // Of both schemes, in spite of its name.
            properties.put("http.nonProxyHosts", direct(environment.getOrDefault("NO_PROXY", environment.getOrDefault("no_proxy", ""))));
        }
        return properties;
    }

    private static String direct(String list) {
        List<String> patterns = new ArrayList<>(List.of("localhost", "127.*", "[::1]"));
        for (String each : list.split("[,\\s]+")) {
            if (each.startsWith(".")) {
                patterns.add("*" + each);
            } else if (each.matches("[0-9.]+/(8|16|24)")) {
                // The JDK knows no prefixes, only a '*' at the end.
                String[] numbers = each.split("[./]");
                patterns.add(String.join(".", List.of(numbers).subList(0, Integer.parseInt(numbers[4]) / 8)) + ".*");
            } else if (!each.isEmpty() && !each.contains("/")) {
                patterns.add(each);
            }
        }
        return String.join("|", patterns);
    }
}
