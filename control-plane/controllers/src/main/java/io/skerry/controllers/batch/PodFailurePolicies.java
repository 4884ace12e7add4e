package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyOnExitCodesRequirement;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyRule;
import io.skerry.controllers.workload.Pods;
import java.util.stream.Stream;

/** {@code spec.podFailurePolicy}: what a pod's failure means for its Job (KEP-3329), or for its index (KEP-3850). */
final class PodFailurePolicies {
    enum Action { COUNT, IGNORE, FAIL_JOB, FAIL_INDEX }

    /** @param message why the job fails, for FAIL_JOB */
    record Verdict(Action action, String message) {}

    private static final Verdict COUNT = new Verdict(Action.COUNT, "");

    private PodFailurePolicies() {}

    /** The first rule that matches decides. */
    static Verdict verdict(Job job, Pod pod) {
        if (job.getSpec().getPodFailurePolicy() == null || !Pods.phase(pod).equals("Failed")) return COUNT;
        int i = 0;
        for (PodFailurePolicyRule rule : job.getSpec().getPodFailurePolicy().getRules()) {
            String match = rule.getOnExitCodes() != null ? exitCode(rule.getOnExitCodes(), pod) : condition(rule, pod);
            if (match != null) {
                return switch (rule.getAction()) {
                    case "Ignore" -> new Verdict(Action.IGNORE, "");
                    case "FailIndex" -> new Verdict(Action.FAIL_INDEX, "");
                    case "FailJob" -> new Verdict(Action.FAIL_JOB, match + " matching FailJob rule at index " + i);
                    default -> COUNT;
                };
            }
            i++;
        }
        return COUNT;
    }

    private static String exitCode(PodFailurePolicyOnExitCodesRequirement wanted, Pod pod) {
        Stream<ContainerStatus> all = Stream.concat(pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream());
        return all.filter(s -> wanted.getContainerName() == null || wanted.getContainerName().equals(s.getName()))
            .filter(s -> s.getState() != null && s.getState().getTerminated() != null && s.getState().getTerminated().getExitCode() != 0)
            .filter(s -> wanted.getValues().contains(s.getState().getTerminated().getExitCode()) == "In".equals(wanted.getOperator()))
            .findFirst().map(s -> "Container " + s.getName() + " for pod " + pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName()
            + " failed with exit code " + s.getState().getTerminated().getExitCode())
            .orElse(null);
    }

    private static String condition(PodFailurePolicyRule rule, Pod pod) {
        return rule.getOnPodConditions().stream().filter(p -> {
            var c = Pods.condition(pod, p.getType());
            return c != null && c.getStatus().equals(p.getStatus() == null ? "True" : p.getStatus());
        }).findFirst().map(p -> "Pod " + pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName() + " has condition " + p.getType()).orElse(null);
    }
}
