package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.autoscaling.v2.HPAScalingPolicy;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HPAScalingRules;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * Brings what the metrics recommend within an autoscaler's limits: its bounds, its stabilization windows and its rates of change (autoscaling/v2,
 * HorizontalPodAutoscalerBehavior).
 */
final class ReplicaLimits {
    private static final String WITHIN = "DesiredWithinRange";
    private static final String WITHIN_MESSAGE = "the desired count is within the acceptable range";

    /**
     * @param replicas how many there are to be
     * @param able reason and message of the condition AbleToScale, which is true
     * @param limited reason and message of the condition ScalingLimited
     * @param isLimited its status
     */
    record Limited(int replicas, Because able, Because limited, boolean isLimited) {}

    record Because(String reason, String message) {}

    private static final Because READY = new Because("ReadyForNewScale", "recommended size matches current size");
    private static final Because WAS_HIGHER = new Because("ScaleDownStabilized",
        "recent recommendations were higher than current one, applying the highest recent recommendation");
    private static final Because WAS_LOWER = new Because("ScaleUpStabilized",
        "recent recommendations were lower than current one, applying the lowest recent recommendation");
    private static final Because TOO_FEW = new Because("TooFewReplicas", "the desired replica count is less than the minimum replica count");
    private static final Because TOO_MANY = new Because("TooManyReplicas", "the desired replica count is more than the maximum replica count");
    private static final Because TOO_FAST_UP = new Because("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
    private static final Because TOO_FAST_DOWN = new Because("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");

    /** The API server fills these in; what was stored without is read the same. */
    private static final List<HPAScalingPolicy> UP = List.of(new HPAScalingPolicy(15, "Pods", 4), new HPAScalingPolicy(15, "Percent", 100));
    private static final List<HPAScalingPolicy> DOWN = List.of(new HPAScalingPolicy(15, "Percent", 100));

    private final int min;
    private final int max;
    private final HPAScalingRules up;
    private final HPAScalingRules down;
    private final Duration downscaleStabilization;

    /** @param behavior null for upstream's old way: to at most twice as many (or 4) at once, and down after {@code downscaleStabilization} */
    ReplicaLimits(int min, int max, HorizontalPodAutoscalerBehavior behavior, Duration downscaleStabilization) {
        this.min = min;
        this.max = max;
        this.up = behavior == null ? null : Objects.requireNonNullElseGet(behavior.getScaleUp(), HPAScalingRules::new);
        this.down = behavior == null ? null : Objects.requireNonNullElseGet(behavior.getScaleDown(), HPAScalingRules::new);
        this.downscaleStabilization = downscaleStabilization;
    }

    /** Applies the limits and remembers the recommendation. */
    Limited apply(int current, int recommended, ScaleHistory history, Instant now) {
        return up == null ? simply(current, recommended, history, now) : withBehavior(current, recommended, history, now);
    }

    /** Remembers a change that was made, for as long as a policy asks for it. */
    void scaled(int from, int to, ScaleHistory history, Instant now) {
        if (up == null) return; // no policy ever asks
        List<HPAScalingPolicy> policies = to > from ? policies(up, UP) : policies(down, DOWN);
        history.scaled(from, to, now, Duration.ofSeconds(policies.stream().mapToInt(HPAScalingPolicy::getPeriodSeconds).max().orElse(0)));
    }

    private Limited simply(int current, int recommended, ScaleHistory history, Instant now) {
        int stable = history.highest(recommended, now.minus(downscaleStabilization));
        history.recommend(recommended, now, downscaleStabilization);
        Because able = stable == recommended ? READY : WAS_HIGHER;
        int fastest = saturated(Math.max(2L * current, 4)), most = Math.min(max, fastest);
        if (stable < min) return new Limited(min, able, TOO_FEW, true);
        if (stable > most) return new Limited(most, able, max > fastest ? TOO_FAST_UP : TOO_MANY, true);
        return within(stable, able);
    }

    private Limited withBehavior(int current, int recommended, ScaleHistory history, Instant now) {
        Duration upWindow = Duration.ofSeconds(Objects.requireNonNullElse(up.getStabilizationWindowSeconds(), 0));
        Duration downWindow = down.getStabilizationWindowSeconds() == null ? downscaleStabilization : Duration.ofSeconds(down.getStabilizationWindowSeconds());
        int lowest = history.lowest(recommended, now.minus(upWindow)), highest = history.highest(recommended, now.minus(downWindow));
        int stable = Math.min(Math.max(current, lowest), highest);
        history.recommend(recommended, now, upWindow.compareTo(downWindow) > 0 ? upWindow : downWindow);
        Because able = stable == recommended ? READY : recommended >= current ? WAS_LOWER : WAS_HIGHER;
        if (stable > current) {
            int fastest = Math.max(current, fastestUp(current, history, now)), most = Math.min(max, fastest);
            if (stable > most) return new Limited(most, able, max > fastest ? TOO_FAST_UP : TOO_MANY, true);
        } else if (stable < current) {
            int fastest = Math.min(current, fastestDown(current, history, now)), least = Math.max(min, fastest);
            if (stable < least) return new Limited(least, able, min < fastest ? TOO_FAST_DOWN : TOO_FEW, true);
        }
        return within(stable, able);
    }

    private static Limited within(int replicas, Because able) {
        return new Limited(replicas, able, new Because(WITHIN, WITHIN_MESSAGE), false);
    }

    /** How many replicas the policies for more allow now. */
    private int fastestUp(int current, ScaleHistory history, Instant now) {
        if ("Disabled".equals(up.getSelectPolicy())) return current;
        var allowed = policies(up, UP).stream().mapToInt(p -> {
            int before = before(p, current, history, now);
            // rounded up, or a small target would never grow
            return p.getType().equals("Pods") ? saturated((long) before + p.getValue()) : (int) Math.ceil(before * (1 + p.getValue() / 100.0));
        });
        return "Min".equals(up.getSelectPolicy()) ? allowed.min().orElse(Integer.MAX_VALUE) : allowed.max().orElse(Integer.MIN_VALUE);
    }

    /** How many replicas the policies for fewer leave now. */
    private int fastestDown(int current, ScaleHistory history, Instant now) {
        if ("Disabled".equals(down.getSelectPolicy())) return current;
        var left = policies(down, DOWN).stream().mapToInt(p -> {
            int before = before(p, current, history, now);
            return p.getType().equals("Pods") ? saturated((long) before - p.getValue()) : (int) (before * (1 - p.getValue() / 100.0));
        });
        return "Min".equals(down.getSelectPolicy()) ? left.max().orElse(Integer.MIN_VALUE) : left.min().orElse(Integer.MAX_VALUE);
    }

    /** How many there were when the policy's period began. */
    private static int before(HPAScalingPolicy policy, int current, ScaleHistory history, Instant now) {
        Instant began = now.minusSeconds(policy.getPeriodSeconds());
        return current - history.addedSince(began) + history.removedSince(began);
    }

    private static List<HPAScalingPolicy> policies(HPAScalingRules rules, List<HPAScalingPolicy> otherwise) {
        return rules.getPolicies() == null || rules.getPolicies().isEmpty() ? otherwise : rules.getPolicies();
    }

    private static int saturated(long replicas) {
        return Math.clamp(replicas, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
}
