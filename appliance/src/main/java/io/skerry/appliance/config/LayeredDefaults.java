package io.skerry.appliance.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where an option's value comes from when no flag gives it, as in k3s: the environment ({@code --data-dir} is
 * {@code SKERRY_DATA_DIR}), then the configuration file, then the built-in default.
 */
public final class LayeredDefaults implements IDefaultValueProvider {
    private final Map<String, String> environment;
    private ConfigFile file = ConfigFile.EMPTY;

    public LayeredDefaults(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Puts a configuration file under flags and environment. Parsing must be repeated for it to take effect. */
    public void use(ConfigFile file) {
        this.file = file;
    }

    @Override
    public String defaultValue(ArgSpec arg) {
        if (!(arg instanceof OptionSpec option)) {
            return null;
        }
        String key = option.longestName().replaceFirst("^--", "");
        String fromEnvironment = environment.get("SKERRY_" + key.replace('-', '_').toUpperCase(Locale.ROOT));
        if (fromEnvironment != null) {
            return fromEnvironment;
        }
        List<String> values = file.values(key);
        return values.isEmpty() ? null : String.join(",", values);
    }
}
