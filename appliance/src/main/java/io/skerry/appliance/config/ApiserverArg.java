package io.skerry.appliance.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import picocli.CommandLine.TypeConversionException;

/**
 * One {@code --kube-apiserver-arg NAME=VALUE}, the form in which k3s takes kube-apiserver's flags. Those that skerry has flags of its own for are
 * known; there is no other program that the rest could be handed to.
 */
public record ApiserverArg(String name, String value) {
    private static final Map<String, BiConsumer<ServerOptions, String>> KNOWN = new TreeMap<>(Map.of(
            "audit-policy-file", (options, value) -> options.auditPolicyFile = Path.of(value),
            "audit-log-path", (options, value) -> options.auditLogPath = value,
            "audit-log-maxage", (options, value) -> options.auditLogMaxAge = Integer.parseInt(value),
            "audit-log-maxbackup", (options, value) -> options.auditLogMaxBackup = Integer.parseInt(value),
            "audit-log-maxsize", (options, value) -> options.auditLogMaxSize = Integer.parseInt(value)));
    private static final List<String> FILES = List.of("audit-policy-file", "audit-log-path");

    /** @throws TypeConversionException when the argument is unknown, or its value cannot be */
    public static ApiserverArg parse(String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        if (!KNOWN.containsKey(name)) {
            throw new TypeConversionException("'" + name + "' is no argument of this API server; write NAME=VALUE with one of " + String.join(", ", KNOWN.keySet()));
        }
        String value = equals < 0 ? "" : text.substring(equals + 1);
        if (FILES.contains(name) ? value.isEmpty() : !value.matches("\\d{1,9}")) {
            throw new TypeConversionException("'" + text + "': write " + name + "=" + (FILES.contains(name) ? "FILE" : "NUMBER"));
        }
        return new ApiserverArg(name, value);
    }

    /** Counts like the flag of the same name, and wins over it. */
    public void applyTo(ServerOptions options) {
        KNOWN.get(name).accept(options, value);
    }
}
