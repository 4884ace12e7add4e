package io.skerry.appliance.config;

import io.skerry.controllers.autoscaling.AutoscalerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import picocli.CommandLine.TypeConversionException;

/**
 * One {@code --kube-controller-manager-arg NAME=VALUE}, the form in which k3s takes kube-controller-manager's flags. Those of the autoscaler are known;
 * there is no other program that the rest could be handed to.
 */
public record ControllerManagerArg(String name, String value) {
    private static final String PREFIX = "horizontal-pod-autoscaler-";
    private static final String TOLERANCE = PREFIX + "tolerance";
    private static final String SYNC_PERIOD = PREFIX + "sync-period";
    private static final Map<String, BiFunction<AutoscalerOptions, String, AutoscalerOptions>> KNOWN = new TreeMap<>(Map.of(
            SYNC_PERIOD, (options, value) -> options.withSyncPeriod(GoDuration.parse(value)),
            PREFIX + "downscale-stabilization", (options, value) -> options.withDownscaleStabilization(GoDuration.parse(value)),
            PREFIX + "cpu-initialization-period", (options, value) -> options.withCpuInitializationPeriod(GoDuration.parse(value)),
            PREFIX + "initial-readiness-delay", (options, value) -> options.withInitialReadinessDelay(GoDuration.parse(value)),
            TOLERANCE, (options, value) -> options.withTolerance(Double.parseDouble(value))));

    /** @throws TypeConversionException when the argument is unknown, or its value cannot be */
    public static ControllerManagerArg parse(String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        if (!KNOWN.containsKey(name)) {
            throw new TypeConversionException("'" + name + "' is no argument of this controller manager; write NAME=VALUE with one of " + String.join(", ", KNOWN.keySet()));
        }
        String value = equals < 0 ? "" : text.substring(equals + 1);
        if (name.equals(TOLERANCE)) {
            if (!value.matches("\\d{1,3}(\\.\\d{1,9})?")) {
                throw new TypeConversionException("'" + text + "': write " + name + "=NUMBER, such as 0.1");
            }
        } else if (name.equals(SYNC_PERIOD) && GoDuration.parse(value).compareTo(Duration.ofSeconds(1)) < 0) {
            throw new TypeConversionException("'" + text + "': write at least 1s, which is the shortest time that usage is measured over");
        } else {
            GoDuration.parse(value);
        }
        return new ControllerManagerArg(name, value);
    }

    /** Upstream's defaults, but for what the arguments say. */
    public static AutoscalerOptions autoscaling(List<ControllerManagerArg> args) {
        AutoscalerOptions options = AutoscalerOptions.DEFAULTS;
        for (ControllerManagerArg arg : args) {
            options = KNOWN.get(arg.name()).apply(options, arg.value());
        }
        return options;
    }
}
