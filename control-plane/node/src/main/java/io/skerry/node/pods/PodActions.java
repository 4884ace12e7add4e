package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.node.pods.PodView.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What has to be done so that the runtime has what a pod's spec wants. Computed from the two alone; the decisions are kubelet's computePodActions.
 *
 * @param createSandbox a new sandbox is needed, with this attempt number
 * @param killPod       nothing of the pod may run (on): stop all containers and the sandbox first
 * @param start         to start now, in this order; after one that does not get to run the rest waits
 * @param kill          running containers to stop
 */
record PodActions(boolean createSandbox, int attempt, boolean killPod, List<Container> start, List<Kill> kill) {

    record Kill(Instance instance, Container container, String message) { }

    /** What probes and hooks say of a container's run, by container id. */
    interface Health {
        /** Empty, or why it must be killed. */
        Optional<String> mustDie(Container container, Instance running);

        /** It was killed to be started again, however it ended. */
        boolean replaced(Instance ended);

        /** Its startup probe has succeeded and its postStart hook is done. */
        boolean started(Container container, Instance running);
    }

    static PodActions compute(Pod pod, PodView view, Health health) {
        var start = new ArrayList<Container>();
        var kill = new ArrayList<Kill>();
        List<Container> containers = pod.getSpec().getContainers(), init = pod.getSpec().getInitContainers();
        int attempt = view.sandboxes().isEmpty() ? 0 : view.sandboxes().getFirst().getMetadata().getAttempt() + 1;
        boolean lost = !view.sandboxReady() || !SandboxConfigs.hostNetwork(pod) && view.ips().isEmpty();
        if (lost) {
            if (restartPolicy(pod).equals("Never") && attempt > 0 && !view.containers().isEmpty()) return new PodActions(false, attempt, true, start, kill);
            boolean nothingToDo = containers.stream().allMatch(c -> restartPolicy(pod).equals("OnFailure") && view.newest(c.getName()).filter(i -> i.exited() && i.exitCode() == 0).isPresent());
            if (nothingToDo) return new PodActions(false, attempt, true, start, kill);
            if (!init.isEmpty()) start.add(init.getFirst());
            else containers.stream().filter(c -> restartable(pod, view.newest(c.getName()))).forEach(start::add);
            return new PodActions(true, attempt, true, start, kill);
        }

        // whatever else the pod waits for: they are there to find that out
        EphemeralContainers.of(pod.getSpec()).stream().filter(c -> view.newest(c.getName()).filter(i -> !i.created()).isEmpty()).forEach(start::add);
        boolean mainBegun = containers.stream().anyMatch(c -> view.active(c.getName()).filter(i -> !i.created()).isPresent());
        if (!initialized(pod, view, health, mainBegun, start, kill)) {
            boolean failed = init.stream().anyMatch(c -> !sidecar(c) && restartPolicy(pod).equals("Never") && view.active(c.getName()).filter(i -> i.exited() && i.exitCode() != 0).isPresent());
            return new PodActions(false, attempt, failed, failed ? List.of() : start, failed ? List.of() : kill);
        }
        int kept = 0, before = start.size();
        for (Container c : containers) {
            Optional<Instance> run = view.active(c.getName());
            if (run.isEmpty() || !run.get().running()) {
                // one that was created but never started is made anew
                if (run.filter(i -> i.created() || health.replaced(i)).isPresent() || restartable(pod, run.isPresent() ? run : view.newest(c.getName()))) start.add(c);
                continue;
            }
            Optional<String> why = changed(c, run.get()) ? Optional.of("Container " + c.getName() + " definition changed, will be restarted") : health.mustDie(c, run.get());
            if (why.isEmpty()) {
                kept++;
            } else {
                kill.add(new Kill(run.get(), c, why.get()));
                if (!restartPolicy(pod).equals("Never") || changed(c, run.get())) kept++; // started again once it has ended
            }
        }
        boolean over = kept == 0 && start.size() == before; // sidecars and ephemeral containers alone don't keep a pod alive
        return new PodActions(false, attempt, over, over ? List.of() : start, over ? List.of() : kill);
    }

    /** Adds the next init container to start. True when all have done their work, sidecars are up, or the main containers have been begun. */
    private static boolean initialized(Pod pod, PodView view, Health health, boolean mainBegun, List<Container> start, List<Kill> kill) {
        for (Container c : pod.getSpec().getInitContainers()) {
            Optional<Instance> run = view.active(c.getName());
            if (sidecar(c)) {
                if (run.filter(Instance::running).isEmpty()) {
                    start.add(c);
                    if (!mainBegun) return false;
                    continue;
                }
                health.mustDie(c, run.get()).ifPresent(why -> kill.add(new Kill(run.get(), c, why)));
                if (!mainBegun && !health.started(c, run.get())) return false;
            } else if (!mainBegun) {
                if (run.filter(i -> i.exited() && i.exitCode() == 0).isPresent()) continue;
                if (run.filter(Instance::running).isPresent()) return false;
                if (run.isEmpty() || run.get().created() || !restartPolicy(pod).equals("Never")) start.add(c);
                return false;
            }
        }
        return true;
    }

    static boolean sidecar(Container init) { return "Always".equals(init.getRestartPolicy()); }

    static String restartPolicy(Pod pod) { return pod.getSpec().getRestartPolicy() == null ? "Always" : pod.getSpec().getRestartPolicy(); }

    private static boolean changed(Container container, Instance run) {
        String hash = run.status().getAnnotationsOrDefault(Names.CONTAINER_HASH, "");
        return !hash.isEmpty() && !hash.equals(Names.hash(container));
    }

    private static boolean restartable(Pod pod, Optional<Instance> last) {
        if (last.isEmpty() || last.get().created()) return true;
        if (last.get().running()) return false;
        return switch (restartPolicy(pod)) {
            case "Never" -> false;
            case "OnFailure" -> last.get().exitCode() != 0;
            default -> true;
        };
    }
}
