package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EphemeralContainer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.List;

/**
 * A pod's ephemeral containers: added while it runs to look at the others ({@code kubectl debug}), started once and never again. Source: KEP-277.
 */
final class EphemeralContainers {
    private EphemeralContainers() {
    }

    /** As ordinary containers: they have no ports, probes, hooks or resources. */
    static List<Container> of(PodSpec spec) { return spec.getEphemeralContainers().stream().map(EphemeralContainers::container).toList(); }

    /**
     * The id of the container whose processes this one wants to see; null when it names none, or is no ephemeral container.
     *
     * @throws ConfigException when there is none of that name yet
     */
    static String target(Pod pod, Container container, PodView view) throws ConfigException {
        String target = pod.getSpec().getEphemeralContainers().stream().filter(e -> e.getName().equals(container.getName())).map(EphemeralContainer::getTargetContainerName)
                .filter(t -> t != null && !t.isEmpty()).findFirst().orElse(null);
        if (target == null) return null;
        return view.active(target).orElseThrow(() -> new ConfigException("unable to find target container " + target)).status().getId();
    }

    private static Container container(EphemeralContainer e) {
        return new ContainerBuilder().withName(e.getName()).withImage(e.getImage()).withImagePullPolicy(e.getImagePullPolicy()).withCommand(e.getCommand()).withArgs(e.getArgs())
                .withWorkingDir(e.getWorkingDir()).withEnv(e.getEnv()).withEnvFrom(e.getEnvFrom()).withVolumeMounts(e.getVolumeMounts()).withVolumeDevices(e.getVolumeDevices())
                .withTerminationMessagePath(e.getTerminationMessagePath()).withTerminationMessagePolicy(e.getTerminationMessagePolicy()).withSecurityContext(e.getSecurityContext())
                .withStdin(e.getStdin()).withStdinOnce(e.getStdinOnce()).withTty(e.getTty()).build();
    }
}
