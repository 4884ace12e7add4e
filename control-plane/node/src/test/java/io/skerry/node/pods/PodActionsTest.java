package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.node.cri.v1.ContainerMetadata;
import io.skerry.node.cri.v1.ContainerState;
import io.skerry.node.cri.v1.ContainerStatus;
import io.skerry.node.cri.v1.PodSandbox;
import io.skerry.node.cri.v1.PodSandboxNetworkStatus;
import io.skerry.node.cri.v1.PodSandboxState;
import io.skerry.node.cri.v1.PodSandboxStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodActionsTest {
    private final Map<String, String> deadly = new HashMap<>();
    private final List<String> unstarted = new ArrayList<>(), resized = new ArrayList<>();

    @Test
    void aNewPodGetsASandboxAndItsFirstContainers() {
        PodActions actions = compute(pod("{containers: [{name: a}, {name: b}]}"), view(null));
        assertThat(actions.createSandbox()).isTrue();
        assertThat(actions.attempt()).isZero();
        assertThat(names(actions)).containsExactly("a", "b");
        assertThat(names(compute(pod("{initContainers: [{name: i}], containers: [{name: a}]}"), view(null)))).containsExactly("i");
    }

    @Test
    void initContainersComeOneByOne() {
        Pod pod = pod("{initContainers: [{name: i}, {name: side, restartPolicy: Always}, {name: j}], containers: [{name: a}]}");
        assertThat(names(compute(pod, view(true)))).containsExactly("i");
        assertThat(names(compute(pod, view(true, running("i"))))).isEmpty();
        assertThat(names(compute(pod, view(true, exited("i", 1))))).containsExactly("i");
        assertThat(names(compute(pod, view(true, exited("i", 0))))).containsExactly("side");
        unstarted.add("side");
        assertThat(names(compute(pod, view(true, exited("i", 0), running("side"))))).isEmpty();
        unstarted.clear();
        assertThat(names(compute(pod, view(true, exited("i", 0), running("side"))))).containsExactly("j");
        assertThat(names(compute(pod, view(true, exited("i", 0), running("side"), exited("j", 0))))).containsExactly("a");
        assertThat(names(compute(pod, view(true, running("a"), exited("side", 1))))).as("init is over once a main container has run; sidecars are kept up").containsExactly("side");
    }

    @Test
    void aFailedInitContainerEndsAPodThatNeverRestarts() {
        PodActions actions = compute(pod("{restartPolicy: Never, initContainers: [{name: i}], containers: [{name: a}]}"), view(true, exited("i", 1)));
        assertThat(actions.killPod()).isTrue();
        assertThat(actions.createSandbox()).isFalse();
        assertThat(actions.start()).isEmpty();
    }

    @Test
    void restartPolicyDecidesWhatIsStartedAgain() {
        assertThat(names(compute(pod("{containers: [{name: a}]}"), view(true, exited("a", 0))))).containsExactly("a");
        assertThat(names(compute(pod("{restartPolicy: OnFailure, containers: [{name: a}]}"), view(true, exited("a", 1))))).containsExactly("a");
        assertThat(compute(pod("{restartPolicy: OnFailure, containers: [{name: a}]}"), view(true, exited("a", 0))).killPod()).isTrue();
        PodActions one = compute(pod("{restartPolicy: Never, containers: [{name: a}, {name: b}]}"), view(true, exited("a", 1), running("b")));
        assertThat(one.killPod()).isFalse();
        assertThat(one.start()).isEmpty();
        assertThat(compute(pod("{restartPolicy: Never, containers: [{name: a}]}"), view(true, exited("a", 1))).killPod()).isTrue();
    }

    @Test
    void sidecarsAloneDoNotKeepAPodAlive() {
        Pod pod = pod("{restartPolicy: Never, initContainers: [{name: s, restartPolicy: Always}], containers: [{name: a}]}");
        assertThat(compute(pod, view(true, exited("a", 0), running("s"))).killPod()).isTrue();
        assertThat(compute(pod, view(true, exited("a", 0), exited("s", 0))).killPod()).isTrue();
    }

    @Test
    void unhealthyOnesAreKilledAndWillBeRestarted() {
        deadly.put("a", "Container a failed liveness probe");
        PodActions actions = compute(pod("{containers: [{name: a}, {name: b}]}"), view(true, running("a"), running("b")));
        assertThat(actions.kill()).extracting(PodActions.Kill::message).containsExactly("Container a failed liveness probe");
        assertThat(actions.killPod()).isFalse();
    }

    @Test
    void aLostSandboxIsReplacedUnlessThePodMayNotRestart() {
        PodActions again = compute(pod("{containers: [{name: a}]}"), view(false, exited("a", 137)));
        assertThat(again.createSandbox()).isTrue();
        assertThat(again.killPod()).isTrue();
        assertThat(again.attempt()).isEqualTo(1);
        PodActions never = compute(pod("{restartPolicy: Never, containers: [{name: a}]}"), view(false, exited("a", 137)));
        assertThat(never.createSandbox()).isFalse();
        assertThat(never.killPod()).isTrue();
    }

    @Test
    void anotherImageMakesAnotherContainer() {
        PodActions actions = compute(pod("{containers: [{name: a, image: new}]}"), view(true, running("a")));
        assertThat(actions.kill()).hasSize(1);
        assertThat(actions.kill().getFirst().message()).contains("definition changed");
    }

    @Test
    void ephemeralContainersAreStartedOnceWhateverThePodWaitsFor() {
        Pod pod = pod("{initContainers: [{name: i}], containers: [{name: a}], ephemeralContainers: [{name: d}]}");
        assertThat(names(compute(pod, view(true, running("i"))))).containsExactly("d");
        assertThat(names(compute(pod, view(true, running("a"))))).containsExactly("d");
        assertThat(names(compute(pod, view(true, running("a"), exited("d", 1))))).isEmpty();
        assertThat(names(compute(pod, view(true, running("a"), running("d").setState(ContainerState.CONTAINER_CREATED))))).as("one that a node made and was killed").containsExactly("d");
        assertThat(names(compute(pod, view(null)))).as("the sandbox first").containsExactly("i");
        Pod once = pod("{restartPolicy: Never, containers: [{name: a}], ephemeralContainers: [{name: d}]}");
        assertThat(compute(once, view(true, exited("a", 0), running("d"))).killPod()).as("it does not keep a pod alive").isTrue();
        assertThat(compute(once, view(true, exited("a", 0))).killPod()).isTrue();
    }

    @Test
    void whatWasKilledForOtherResourcesIsStartedAgain() {
        Pod pod = pod("{restartPolicy: OnFailure, containers: [{name: a}, {name: b}]}");
        assertThat(names(compute(pod, view(true, exited("a", 0), running("b"))))).isEmpty();
        resized.add("a");
        assertThat(names(compute(pod, view(true, exited("a", 0), running("b"))))).containsExactly("a");
    }

    private PodActions compute(Pod pod, PodView view) {
        return PodActions.compute(pod, view, new PodActions.Health() {
            @Override public boolean replaced(PodView.Instance ended) { return resized.contains(ended.status().getMetadata().getName()); }

            @Override public Optional<String> mustDie(Container c, PodView.Instance running) { return Optional.ofNullable(deadly.get(c.getName())); }
            @Override public boolean started(Container c, PodView.Instance running) { return !unstarted.contains(c.getName()); }
        });
    }

    private static List<String> names(PodActions actions) { return actions.start().stream().map(Container::getName).toList(); }

    private static Pod pod(String spec) {
        return new PodBuilder(Serialization.unmarshal("spec: " + spec, Pod.class)).withNewMetadata().withName("p").withUid("u").endMetadata().build();
    }

    private static ContainerStatus.Builder running(String name) {
        String hash = Names.hash(new io.fabric8.kubernetes.api.model.ContainerBuilder().withName(name).build());
        return ContainerStatus.newBuilder().setMetadata(ContainerMetadata.newBuilder().setName(name)).setId(name).setState(ContainerState.CONTAINER_RUNNING).putAnnotations(Names.CONTAINER_HASH, hash);
    }

    private static ContainerStatus.Builder exited(String name, int code) { return running(name).setState(ContainerState.CONTAINER_EXITED).setExitCode(code); }

    /** @param ready null for no sandbox at all */
    private static PodView view(Boolean ready, ContainerStatus.Builder... containers) {
        if (ready == null) return new PodView(List.of(), null, Map.of());
        var status = PodSandboxStatus.newBuilder().setId("s").setState(ready ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY)
                .setNetwork(PodSandboxNetworkStatus.newBuilder().setIp("10.0.0.2")).build();
        var all = new HashMap<String, List<PodView.Instance>>();
        for (ContainerStatus.Builder c : containers) all.put(c.getId(), List.of(new PodView.Instance("s", c.build())));
        return new PodView(List.of(PodSandbox.newBuilder().setId("s").build()), status, all);
    }
}
