package io.skerry.controllers.autoscaling;

import java.time.Duration;

/**
 * What kube-controller-manager's flags {@code --horizontal-pod-autoscaler-*} set.
 *
 * @param syncPeriod how often each autoscaler looks at its metrics
 * @param downscaleStabilization how long the highest recommendation counts before fewer replicas are asked for; a behavior may say otherwise
 * @param tolerance how far the ratio of measured to wanted may be off 1 without anything being done
 * @param cpuInitializationPeriod how long after its start a pod's CPU counts only while it is ready
 * @param initialReadinessDelay a pod that became unready so soon after its start has never been ready
 */
public record AutoscalerOptions(Duration syncPeriod, Duration downscaleStabilization, double tolerance, Duration cpuInitializationPeriod,
        Duration initialReadinessDelay) {
    /** Upstream's defaults. */
    public static final AutoscalerOptions DEFAULTS = new AutoscalerOptions(Duration.ofSeconds(15), Duration.ofMinutes(5), 0.1, Duration.ofMinutes(5),
        Duration.ofSeconds(30));

    public AutoscalerOptions withSyncPeriod(Duration period) {
        return new AutoscalerOptions(period, downscaleStabilization, tolerance, cpuInitializationPeriod, initialReadinessDelay);
    }

    public AutoscalerOptions withDownscaleStabilization(Duration time) {
        return new AutoscalerOptions(syncPeriod, time, tolerance, cpuInitializationPeriod, initialReadinessDelay);
    }

    public AutoscalerOptions withTolerance(double ratio) {
        return new AutoscalerOptions(syncPeriod, downscaleStabilization, ratio, cpuInitializationPeriod, initialReadinessDelay);
    }

    public AutoscalerOptions withCpuInitializationPeriod(Duration period) {
        return new AutoscalerOptions(syncPeriod, downscaleStabilization, tolerance, period, initialReadinessDelay);
    }

    public AutoscalerOptions withInitialReadinessDelay(Duration delay) {
        return new AutoscalerOptions(syncPeriod, downscaleStabilization, tolerance, cpuInitializationPeriod, delay);
    }

    boolean tolerates(double ratio) {
        return 1 - tolerance <= ratio && ratio <= 1 + tolerance;
    }
}
