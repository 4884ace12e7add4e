package io.skerry.controllers.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.autoscaling.v2.HPAScalingRulesBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HPAScalingRules;
import io.skerry.controllers.autoscaling.ReplicaLimits.Limited;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicaLimitsTest {
    private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);
    private final ScaleHistory history = new ScaleHistory();
    private Instant now = Instant.parse("2026-01-02T12:00:00Z");

    private static HPAScalingRulesBuilder rules(int window, String select) {
        return new HPAScalingRulesBuilder().withStabilizationWindowSeconds(window).withSelectPolicy(select);
    }

    private static HorizontalPodAutoscalerBehavior behavior(HPAScalingRules up, HPAScalingRules down) {
        return new HorizontalPodAutoscalerBehavior(down, up);
    }

    private void later(int seconds) {
        now = now.plusSeconds(seconds);
    }

    /** As the controller does: what is found first counts, and what is decided is done. */
    private Limited decide(ReplicaLimits limits, int current, int recommended) {
        history.begin(current, now);
        Limited limited = limits.apply(current, recommended, history, now);
        if (limited.replicas() != current) limits.scaled(current, limited.replicas(), history, now);
        return limited;
    }

    @ParameterizedTest
    @CsvSource({
        "2, 3, 1, 10, 3, false, DesiredWithinRange",
        "2, 9, 1, 10, 4, true, ScaleUpLimit",
        "5, 20, 1, 100, 10, true, ScaleUpLimit",
        "5, 20, 1, 8, 8, true, TooManyReplicas",
        "2, 4, 1, 4, 4, false, DesiredWithinRange",
        "3, 3, 1, 10, 3, false, DesiredWithinRange"})
    void withoutABehaviorAtMostTwiceAsManyOrFour(int current, int recommended, int min, int max, int wanted, boolean limited, String reason) {
        Limited l = decide(new ReplicaLimits(min, max, null, FIVE_MINUTES), current, recommended);
        assertThat(l.replicas()).isEqualTo(wanted);
        assertThat(l.isLimited()).isEqualTo(limited);
        assertThat(l.limited().reason()).isEqualTo(reason);
    }

    @Test void fewerOnlyWhenNothingMoreWasWantedForAWhile() {
        ReplicaLimits limits = new ReplicaLimits(2, 10, null, FIVE_MINUTES);
        assertThat(decide(limits, 5, 5).able().reason()).isEqualTo("ReadyForNewScale");
        later(15);
        Limited held = decide(limits, 5, 1);
        assertThat(held.replicas()).isEqualTo(5);
        assertThat(held.able().reason()).isEqualTo("ScaleDownStabilized");
        later(120);
        assertThat(decide(limits, 5, 3).replicas()).isEqualTo(5);
        later(170); // 5 min 5 s after the 5, less than that after the 3
        assertThat(decide(limits, 5, 1).replicas()).isEqualTo(3);
        later(300);
        Limited least = decide(limits, 3, 1);
        assertThat(least.replicas()).isEqualTo(2);
        assertThat(least.limited().reason()).isEqualTo("TooFewReplicas");
        assertThat(least.isLimited()).isTrue();
    }

    @Test void policiesForMoreHoldForTheirPeriod() {
        ReplicaLimits limits = new ReplicaLimits(1, 100, behavior(rules(0, "Max").addNewPolicy(60, "Pods", 2).addNewPolicy(60, "Percent", 50).build(), null), FIVE_MINUTES);
        Limited first = decide(limits, 2, 50);
        assertThat(first.replicas()).as("two more").isEqualTo(4);
        assertThat(first.limited().reason()).isEqualTo("ScaleUpLimit");
        later(30);
        assertThat(decide(limits, 4, 50).replicas()).as("that was all for this minute").isEqualTo(4);
        later(31);
        assertThat(decide(limits, 4, 50).replicas()).isEqualTo(6);
        later(61);
        assertThat(decide(limits, 6, 50).replicas()).as("half as many again").isEqualTo(9);
        later(61);
        assertThat(decide(limits, 9, 50).replicas()).as("rounded up").isEqualTo(14);
    }

    @Test void theLeastOfThePoliciesOrNone() {
        ReplicaLimits least = new ReplicaLimits(1, 100, behavior(rules(0, "Min").addNewPolicy(60, "Pods", 2).addNewPolicy(60, "Percent", 100).build(),
            rules(0, "Min").addNewPolicy(60, "Pods", 1).addNewPolicy(60, "Percent", 50).build()), FIVE_MINUTES);
        assertThat(decide(least, 10, 50).replicas()).isEqualTo(12);
        later(61);
        Limited fewer = decide(least, 12, 1);
        assertThat(fewer.replicas()).isEqualTo(11);
        assertThat(fewer.limited().reason()).isEqualTo("ScaleDownLimit");
        ReplicaLimits none = new ReplicaLimits(1, 100, behavior(rules(0, "Disabled").build(), rules(0, "Disabled").build()), FIVE_MINUTES);
        later(61);
        assertThat(decide(none, 5, 50).replicas()).isEqualTo(5);
        assertThat(decide(none, 5, 1).replicas()).isEqualTo(5);
    }

    @Test void moreAndFewerInOnePeriodCountTogether() {
        ReplicaLimits limits = new ReplicaLimits(1, 100, behavior(rules(0, "Max").addNewPolicy(60, "Pods", 3).build(),
            rules(0, "Max").addNewPolicy(60, "Pods", 2).build()), FIVE_MINUTES);
        assertThat(decide(limits, 10, 50).replicas()).isEqualTo(13);
        later(15);
        assertThat(decide(limits, 13, 1).replicas()).as("two fewer than at the minute's begin, but never more than now").isEqualTo(8);
        later(15);
        assertThat(decide(limits, 8, 50).replicas()).as("three more than at the minute's begin").isEqualTo(13);
    }

    @Test void windowsOfABehavior() {
        ReplicaLimits limits = new ReplicaLimits(1, 100, behavior(rules(60, "Max").addNewPolicy(15, "Percent", 900).build(),
            rules(120, "Max").addNewPolicy(15, "Percent", 100).build()), FIVE_MINUTES);
        decide(limits, 5, 5);
        later(30);
        Limited early = decide(limits, 5, 20);
        assertThat(early.replicas()).as("a minute ago 5 were enough").isEqualTo(5);
        assertThat(early.able().reason()).isEqualTo("ScaleUpStabilized");
        later(31);
        assertThat(decide(limits, 5, 30).replicas()).as("the least of that minute").isEqualTo(20);
        later(90);
        Limited held = decide(limits, 20, 2);
        assertThat(held.replicas()).as("30 were wanted in the last two minutes, but they were never there").isEqualTo(20);
        assertThat(held.able().reason()).isEqualTo("ScaleDownStabilized");
        later(121);
        assertThat(decide(limits, 20, 2).replicas()).isEqualTo(2);
    }

    @Test void whatABehaviorLeavesOut() {
        ReplicaLimits limits = new ReplicaLimits(1, 100, new HorizontalPodAutoscalerBehavior(), FIVE_MINUTES);
        assertThat(decide(limits, 2, 50).replicas()).as("four more").isEqualTo(6);
        later(16);
        assertThat(decide(limits, 6, 50).replicas()).as("twice as many").isEqualTo(12);
        later(299);
        assertThat(decide(limits, 12, 1).replicas()).as("after the flag's time").isEqualTo(12);
        later(301);
        assertThat(decide(limits, 12, 1).replicas()).isEqualTo(1);
    }
}
