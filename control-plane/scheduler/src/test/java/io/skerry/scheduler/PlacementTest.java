package io.skerry.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.scheduler.plugins.BalancedAllocation;
import io.skerry.scheduler.plugins.ImageLocality;
import io.skerry.scheduler.plugins.NodeAffinity;
import io.skerry.scheduler.plugins.NodeResourcesFit;
import io.skerry.scheduler.plugins.PodTopologySpread;
import io.skerry.scheduler.plugins.TaintToleration;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** Scores and sums, with figures worked out by hand. */
class PlacementTest {
    private final ClusterState state = new ClusterState();

    private static <T> T read(String yaml, Class<T> type) {
        return Serialization.unmarshal(Yaml.parseAll(yaml, "test").getFirst().root().toString(), type);
    }

    private void node(String name, String spec, String status) {
        state.node(null, read("{apiVersion: v1, kind: Node, metadata: {name: " + name + ", labels: {host: " + name + "}}, spec: {" + spec
            + "}, status: {allocatable: {cpu: '2', memory: 1000Mi, pods: 10, example.com/gpu: 1}" + status + "}}", Node.class));
    }

    private static Pod pod(String name, String spec) {
        return read("{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", uid: " + name + ", namespace: default, labels: {app: web}}, spec: {"
            + spec + "}}", Pod.class);
    }

    private long score(ScorePlugin plugin, Pod pod, String node) {
        return state.look(pod, (Collection<NodeInfo> nodes) -> {
            ToLongFunction<NodeInfo> s = plugin.score(pod, nodes);
            return s.applyAsLong(nodes.stream().filter(n -> n.name().equals(node)).findFirst().orElseThrow());
        });
    }

    private String choice(List<FilterPlugin> filters, List<ScorePlugin> scores, Pod pod) {
        return state.look(pod, nodes -> new Placement(filters, scores).decide(pod, nodes)).node();
    }

    private String problem(FilterPlugin filter, Pod pod) {
        return state.look(pod, nodes -> new Placement(List.of(filter), List.of()).decide(pod, nodes)).problem();
    }

    @Test void sumsRequestsAsAPodUsesThem() {
        Pod p = pod("p", """
            overhead: {memory: 1Mi}, containers: [{name: a, image: i, resources: {requests: {cpu: 100m, memory: 10Mi}}}, {name: b, image: i, resources: {requests: {cpu: '0.2'}}}],
            initContainers: [{name: i1, image: i, resources: {requests: {cpu: 500m}}}, {name: side, image: i, restartPolicy: Always, resources: {requests: {cpu: 50m}}}, {name: i2, image: i, resources: {requests: {cpu: 400m, example.com/gpu: 1}}}]
            """);
        // 100+200+50 beside each other; 500 alone; 50+400 in the second init container
        assertThat(Resources.requests(p)).containsEntry("cpu", 500L).containsEntry("memory", 11L * 1024 * 1024).containsEntry("example.com/gpu", 1L);
        assertThat(Resources.requestsForScoring(p).get("memory")).isGreaterThan(200L * 1024 * 1024);
    }

    @Test void countsAPodThatIsResizedForTheMostItHasOrWillHave() {
        String statuses = "containerStatuses: [{name: c, allocatedResources: {cpu: 300m, memory: 10Mi}, resources: {requests: {cpu: 400m, memory: 10Mi}}}]";
        Pod shrinking = pod("p", "containers: [{name: c, resources: {requests: {cpu: 100m, memory: 30Mi}}}]");
        shrinking.setStatus(read("{" + statuses + "}", PodStatus.class));
        assertThat(Resources.requests(shrinking)).containsEntry("cpu", 400L).containsEntry("memory", 30L << 20);
        shrinking.setStatus(read("{conditions: [{type: PodResizePending, status: 'True', reason: Infeasible}], " + statuses + "}", PodStatus.class));
        assertThat(Resources.requests(shrinking)).containsEntry("cpu", 400L).containsEntry("memory", 10L << 20);
    }

    @Test void extendedResourcesAndPodCountsAreLimits() {
        node("n1", "", "");
        state.pod(null, pod("there", "nodeName: n1, containers: [{name: c, image: i, resources: {requests: {example.com/gpu: 1}}}]"));
        assertThat(problem(new NodeResourcesFit(), pod("p", "containers: [{name: c, image: i, resources: {requests: {example.com/gpu: 1, cpu: 3}}}]")))
            .isEqualTo("0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu.");
        for (int i = 0; i < 9; i++) state.pod(null, pod("x" + i, "nodeName: n1, containers: [{name: c, image: i}]"));
        assertThat(problem(new NodeResourcesFit(), pod("p", "containers: [{name: c, image: i}]"))).isEqualTo("0/1 nodes are available: 1 Too many pods.");
    }

    @Test void prefersEmptyAndBalancedNodes() {
        node("n1", "", "");
        node("n2", "", "");
        state.pod(null, pod("there", "nodeName: n1, containers: [{name: c, image: i, resources: {requests: {cpu: '1', memory: 100Mi}}}]"));
        Pod p = pod("p", "containers: [{name: c, image: i, resources: {requests: {cpu: 500m, memory: 400Mi}}}]");
        // n1: cpu (2000-1500)/2000 = 25, memory (1000-500)/1000 = 50; n2: 75 and 60
        assertThat(score(new NodeResourcesFit(), p, "n1")).isEqualTo(37);
        assertThat(score(new NodeResourcesFit(), p, "n2")).isEqualTo(67);
        // n1: shares 0.75 and 0.5; n2: 0.25 and 0.4
        assertThat(score(new BalancedAllocation(), p, "n1")).isEqualTo(88);
        assertThat(score(new BalancedAllocation(), p, "n2")).isEqualTo(93);
        assertThat(choice(List.of(new NodeResourcesFit()), List.of(new NodeResourcesFit()), p)).isEqualTo("n2");
    }

    @Test void prefersNodesThatHaveTheImage() {
        node("n1", "", ", images: [{names: ['docker.io/library/big:latest'], sizeBytes: 1048576000}]");
        node("n2", "", "");
        Pod p = pod("p", "containers: [{name: c, image: docker.io/library/big}]");
        // half of the nodes have it: 500 of 1000 MB count
        assertThat(score(new ImageLocality(), p, "n1")).isEqualTo(100 * (500 - 23) / (1000 - 23));
        assertThat(score(new ImageLocality(), p, "n2")).isZero();
    }

    @Test void preferencesOfNodesAndPodsCount() {
        node("n1", "taints: [{key: slow, effect: PreferNoSchedule}]", "");
        node("n2", "", "");
        Pod p = pod("p", "containers: [{name: c, image: i}]");
        assertThat(choice(List.of(), List.of(new TaintToleration()), p)).isEqualTo("n2");
        Pod wish = pod("w", "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 50, preference: {matchExpressions: [{key: host, operator: In, values: [n1]}]}}]}}, containers: [{name: c, image: i}]");
        assertThat(choice(List.of(), List.of(new NodeAffinity()), wish)).isEqualTo("n1");
        // weight 3 of the taint beats weight 2 of the wish
        assertThat(choice(List.of(), List.of(new TaintToleration(), new NodeAffinity()), wish)).isEqualTo("n2");
    }

    @Test void spreadsOverTheDomains() {
        for (String n : List.of("n1", "n2", "n3")) node(n, "", "");
        String spread = "topologySpreadConstraints: [{maxSkew: 1, topologyKey: host, whenUnsatisfiable: ACTION, labelSelector: {matchLabels: {app: web}}}], containers: [{name: c, image: i}]";
        state.pod(null, pod("a", "nodeName: n1, containers: [{name: c, image: i}]"));
        state.pod(null, pod("b", "nodeName: n2, containers: [{name: c, image: i}]"));
        PodTopologySpread plugin = new PodTopologySpread();
        for (int i = 0; i < 5; i++) {
            assertThat(choice(List.of(plugin), List.of(), pod("p", spread.replace("ACTION", "DoNotSchedule")))).isEqualTo("n3");
            assertThat(choice(List.of(), List.of(plugin), pod("p", spread.replace("ACTION", "ScheduleAnyway")))).isEqualTo("n3");
        }
        state.node(read("{apiVersion: v1, kind: Node, metadata: {name: n3}}", Node.class), null);
        state.pod(null, pod("c", "nodeName: n1, containers: [{name: c, image: i}]"));
        assertThat(choice(List.of(plugin), List.of(), pod("p", spread.replace("ACTION", "DoNotSchedule")))).isEqualTo("n2");
    }

    @Test void anAssumedPodCountsUntilItsBindingFails() {
        node("n1", "", "");
        Pod p = pod("p", "containers: [{name: c, image: i, resources: {requests: {cpu: '2'}}}]");
        state.assume(p, "n1");
        Pod q = pod("q", "containers: [{name: c, image: i, resources: {requests: {cpu: '1'}}}]");
        assertThat(problem(new NodeResourcesFit(), q)).isEqualTo("0/1 nodes are available: 1 Insufficient cpu.");
        state.pod(p, p); // a change that does not bind it keeps the assumption
        assertThat(choice(List.of(new NodeResourcesFit()), List.of(), q)).isNull();
        state.forget(p);
        assertThat(choice(List.of(new NodeResourcesFit()), List.of(), q)).isEqualTo("n1");
        state.assume(p, "n1");
        Pod bound = p.edit().editSpec().withNodeName("n1").endSpec().build();
        state.pod(p, bound);
        state.pod(bound, null);
        assertThat(choice(List.of(new NodeResourcesFit()), List.of(), q)).isEqualTo("n1");
    }
}
