package io.skerry.controllers.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.skerry.controllers.autoscaling.ReplicaCalculator.Proposal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicaCalculatorTest {
    private static final Instant NOW = Instant.parse("2026-01-02T12:00:00Z");
    private final ReplicaCalculator calculator = new ReplicaCalculator(AutoscalerOptions.DEFAULTS, Clock.fixed(NOW, ZoneOffset.UTC));

    /**
     * One pod, by a letter: R ready long since; U unready since its start; P pending; F failed; D being deleted; S ready, but the measurement began
     * before; W started a minute ago, ready before the measurement; L unready of late, was ready before.
     */
    private static Pod pod(int i, char state, String request) {
        Instant started = "USW".indexOf(state) >= 0 ? NOW.minusSeconds(60) : NOW.minusSeconds(3600);
        Instant since = switch (state) {
            case 'S' -> NOW.minusSeconds(10);
            case 'W' -> NOW.minusSeconds(55);
            case 'U' -> started;
            case 'L' -> NOW.minusSeconds(120);
            default -> started.plusSeconds(5);
        };
        return new PodBuilder().withNewMetadata().withName("p" + i).withDeletionTimestamp(state == 'D' ? NOW.toString() : null).endMetadata()
            .withNewSpec().withContainers(new ContainerBuilder().withName("c").withNewResources()
                .withRequests(request == null ? Map.of() : Map.of("cpu", new Quantity(request), "memory", new Quantity(request))).endResources().build()).endSpec()
            .withNewStatus().withPhase(state == 'P' ? "Pending" : state == 'F' ? "Failed" : "Running").withStartTime(started.toString())
            .addNewCondition().withType("Ready").withStatus("UL".indexOf(state) >= 0 ? "False" : "True").withLastTransitionTime(since.toString()).endCondition()
            .endStatus().build();
    }

    private static List<Pod> pods(String states, String request) {
        List<Pod> pods = new ArrayList<>();
        for (int i = 0; i < states.length(); i++) pods.add(pod(i, states.charAt(i), request));
        return pods;
    }

    /** Values of the pods in order; - for one that is not measured. */
    private static Map<String, PodMetric> measured(String values) {
        Map<String, PodMetric> metrics = new HashMap<>();
        String[] each = values.split(" ");
        for (int i = 0; i < each.length; i++) if (!each[i].equals("-")) metrics.put("p" + i, new PodMetric(Long.parseLong(each[i]), NOW, Duration.ofSeconds(30)));
        return metrics;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        // why                                               | current | pods  | milli               | target | wanted | percent
        "more than the target                                | 3 | RRR     | 300 500 700           | 30     | 5      | 50",
        "less than the target                                | 5 | RRRRR   | 100 300 500 250 250   | 50     | 3      | 28",
        "just within the tolerance                           | 3 | RRR     | 1000 1000 1000        | 92     | 3      | 100",
        "just beyond it                                      | 3 | RRR     | 1000 1000 1000        | 90     | 4      | 100",
        "within it below                                     | 3 | RRR     | 900 900 900           | 99     | 3      | 90",
        "an unready pod uses nothing when more are wanted    | 3 | URR     | 300 500 700           | 30     | 4      | 60",
        "pods that start are no reason to start more         | 3 | RUU     | 400 500 700           | 30     | 3      | 40",
        "one measured before it was ready does not count     | 2 | RS      | 400 9000              | 50     | 1      | 40",
        "one measured after it was ready does                | 2 | RW      | 600 600               | 30     | 4      | 60",
        "one that was ready once counts                      | 2 | RL      | 600 600               | 30     | 4      | 60",
        "a pending pod uses nothing                          | 3 | PRR     | - 500 700             | 30     | 4      | 60",
        "unready pods do not count when fewer are wanted     | 4 | RRUU    | 100 100 900 900       | 50     | 1      | 10",
        "failed and deleted pods do not count                | 4 | RRFD    | 500 700 - -           | 30     | 4      | 60",
        "an unknown pod may use all it asks for              | 4 | RRRR    | 100 300 500 -         | 100    | 2      | 30",
        "an unknown pod keeps the others from going          | 4 | RRRR    | 100 300 500 -         | 50     | 4      | 30",
        "beyond 100 % it may use as much as the target       | 4 | RRRR    | 1000 1000 1000 -      | 300    | 2      | 100",
        "an unknown pod uses nothing when more are wanted    | 3 | RRR     | 900 900 -             | 30     | 6      | 90",
        "an unknown pod does not turn more into fewer        | 3 | RRR     | 400 - -               | 30     | 3      | 40",
        "fewer measured than there are replicas              | 5 | RR      | 500 500               | 50     | 5      | 50",
        "nothing used                                        | 3 | RRR     | 0 0 0                 | 50     | 0      | 0"})
    void asksForWhatBringsUtilizationToTheTarget(String why, int current, String states, String values, int target, int wanted, int percent) throws Exception {
        Proposal p = calculator.byUtilization(current, pods(states, "1"), measured(values), target, "cpu", null);
        assertThat(p.replicas()).isEqualTo(wanted);
        assertThat(p.utilization()).isEqualTo(percent);
    }

    @Test void memoryIsNotSpentOnStarting() throws Exception {
        assertThat(calculator.byUtilization(2, pods("UU", "1"), measured("600 600"), 30, "memory", null).replicas()).isEqualTo(4);
        assertThatThrownBy(() -> calculator.byUtilization(2, pods("UU", "1"), measured("600 600"), 30, "cpu", null))
            .hasMessage("did not receive metrics for targeted pods (pods might be unready)");
    }

    @Test void tellsWhatIsMissing() {
        assertThatThrownBy(() -> calculator.byUtilization(1, List.of(), Map.of(), 50, "cpu", null)).hasMessage("no pods returned by selector while calculating replica count");
        assertThatThrownBy(() -> calculator.byUtilization(1, pods("R", null), measured("5"), 50, "cpu", null)).hasMessage("missing request for cpu in container c of Pod p0");
        assertThatThrownBy(() -> calculator.byUtilization(1, pods("R", "1"), measured("5"), 50, "cpu", "d")).hasMessage("container d not found in Pod p0");
        assertThatThrownBy(() -> calculator.byUtilization(1, pods("R", "1"), Map.of("other", new PodMetric(5, NOW, Duration.ZERO)), 50, "cpu", null))
            .hasMessage("no metrics returned matched known pods");
    }

    @Test void aContainersRequestAloneAndSidecarsCount() throws Exception {
        Pod pod = new PodBuilder(pod(0, 'R', "100m")).editSpec()
            .addToContainers(new ContainerBuilder().withName("d").withNewResources().addToRequests("cpu", new Quantity("300m")).endResources().build())
            .addToInitContainers(new ContainerBuilder().withName("side").withRestartPolicy("Always").withNewResources().addToRequests("cpu", new Quantity("600m")).endResources().build(),
                new ContainerBuilder().withName("once").build()).endSpec().build();
        assertThat(calculator.byUtilization(1, List.of(pod), measured("500"), 25, "cpu", null)).isEqualTo(new Proposal(2, 50, 500));
        assertThat(calculator.byUtilization(1, List.of(pod), measured("300"), 25, "cpu", "d")).isEqualTo(new Proposal(4, 100, 300));
        assertThat(calculator.byUtilization(1, List.of(pod), measured("300"), 25, "cpu", "side")).isEqualTo(new Proposal(2, 50, 300));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        "more                                 | 3 | RRR  | 20000 10000 30000 | 15000 | 4 | 20000",
        "fewer                                | 3 | RRR  | 12000 12000 12000 | 20000 | 2 | 12000",
        "within the tolerance                 | 3 | RRR  | 20977 20977 20977 | 20000 | 3 | 20977",
        "unready pods count, it is not cpu    | 3 | URR  | 50000 10000 30000 | 15000 | 6 | 30000",
        "one unknown, fewer: has the target   | 4 | RRRR | 5000 5000 5000 -  | 20000 | 2 | 5000",
        "one unknown, more: has nothing       | 3 | RRR  | 50000 50000 -     | 15000 | 7 | 50000"})
    void asksForWhatBringsTheAverageToTheTarget(String why, int current, String states, String values, long target, int wanted, long average) throws Exception {
        assertThat(calculator.byAverage(current, pods(states, null), measured(values), target, "")).isEqualTo(new Proposal(wanted, null, average));
    }

    @Test void oneValueForAll() throws Exception {
        assertThat(calculator.byValue(3, pods("RRU", null), 30_000, 10_000).replicas()).as("of the two that are ready").isEqualTo(6);
        assertThat(calculator.byValue(3, pods("RRR", null), 10_900, 10_000).replicas()).isEqualTo(3);
        assertThat(calculator.byValue(0, List.of(), 25_000, 10_000).replicas()).as("from none").isEqualTo(3);
        assertThat(calculator.byValue(0, List.of(), 0, 10_000).replicas()).isZero();
        assertThat(calculator.byValue(1, pods("R", null), Long.MAX_VALUE, 1).replicas()).isEqualTo(Integer.MAX_VALUE);
        assertThat(calculator.byShare(3, 50_000, 10_000)).isEqualTo(new Proposal(5, null, 16_667));
        assertThat(calculator.byShare(3, 31_000, 10_000)).isEqualTo(new Proposal(3, null, 10_334));
    }
}
