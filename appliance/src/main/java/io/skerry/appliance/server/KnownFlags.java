package io.skerry.appliance.server;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ConfigFile;
import io.skerry.appliance.config.Converters;
import io.skerry.appliance.config.FileMode;
import io.skerry.appliance.config.LayeredDefaults;
import io.skerry.appliance.config.PortRange;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.gitops.git.GitRemote;
import io.skerry.image.settings.ServerFlags;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The flags of this program's server, read and checked as the server does when it starts, as far as that needs nothing of the machine. */
public final class KnownFlags implements ServerFlags {
    private static final Pattern FLAG = Pattern.compile("--([a-z][a-z-]*)");

    @Override
    public Set<String> names() {
        return ServerOptions.names();
    }

    @Override
    public Map<String, String> problems(Map<String, List<String>> values) {
        Map<String, String> problems = new LinkedHashMap<>();
        values.forEach((flag, given) -> {
            try {
                read(Map.of(flag, given));
            } catch (ParameterException e) {
                problems.put(flag, oneLine(e));
            }
        });
        if (problems.isEmpty()) {
            try {
                check(read(values));
            } catch (UserError e) {
                problems.put(flag(e.getMessage(), values.keySet()), oneLine(e));
            }
        }
        return problems;
    }

    /** As from a configuration file alone. */
    private static ServerOptions read(Map<String, List<String>> values) {
        ServerOptions options = new ServerOptions();
        LayeredDefaults defaults = new LayeredDefaults(Map.of());
        defaults.use(ConfigFile.of(values));
        Converters.register(new CommandLine(options)).setDefaultValueProvider(defaults).parseArgs();
        return options;
    }

    /** @throws UserError as the server would end with */
    private static void check(ServerOptions options) {
        Identity.check(options);
        Preflight.listener(options);
        PortRange.parse("--service-node-port-range", options.serviceNodePortRange);
        FileMode.parse("--write-kubeconfig-mode", options.writeKubeconfigMode);
        options.nodeTaint.forEach(Parts::taint);
        options.datastore();
        if (options.fleetRepo != null) {
            try {
                GitRemote.of(options.fleetRepo).withBranch(options.fleetBranch).withInterval(options.fleetInterval);
            } catch (IllegalArgumentException e) {
                throw new UserError("--fleet-repo: " + e.getMessage(), e);
            }
        }
    }

    /** Which of these flags a message is about: the first that it names. */
    private static String flag(String message, Set<String> given) {
        Matcher named = FLAG.matcher(message);
        while (named.find()) {
            if (given.contains(named.group(1))) {
                return named.group(1);
            }
        }
        return "";
    }

    private static String oneLine(Exception e) {
        return e.getMessage().strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
