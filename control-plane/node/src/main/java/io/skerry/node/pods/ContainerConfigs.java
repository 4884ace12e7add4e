package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.AppArmorProfile;
import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.skerry.node.cri.v1.Capability;
import io.skerry.node.cri.v1.ContainerConfig;
import io.skerry.node.cri.v1.ContainerMetadata;
import io.skerry.node.cri.v1.Image;
import io.skerry.node.cri.v1.ImageSpec;
import io.skerry.node.cri.v1.Int64Value;
import io.skerry.node.cri.v1.KeyValue;
import io.skerry.node.cri.v1.LinuxContainerConfig;
import io.skerry.node.cri.v1.LinuxContainerResources;
import io.skerry.node.cri.v1.LinuxContainerSecurityContext;
import io.skerry.node.cri.v1.Mount;
import io.skerry.node.cri.v1.NamespaceMode;
import io.skerry.node.cri.v1.NamespaceOption;
import io.skerry.node.cri.v1.SecurityProfile;
import io.skerry.node.host.Machine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A container as CRI is asked for it. */
final class ContainerConfigs {
    /** Hidden from, or read-only to, containers that are not privileged: the OCI runtimes' customary list. */
    private static final List<String> MASKED = List.of("/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
            "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap");
    private static final List<String> READ_ONLY = List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private ContainerConfigs() {
    }

    /**
     * @param target id of the container whose process namespace it joins, or null
     * @throws ConfigException when the image's user contradicts runAsNonRoot
     */
    static ContainerConfig of(Pod pod, Container container, int attempt, String imageRef, Image image, Map<String, String> env, List<Mount> mounts, String target) throws ConfigException {
        var config = ContainerConfig.newBuilder().setMetadata(ContainerMetadata.newBuilder().setName(container.getName()).setAttempt(attempt))
                .setImage(ImageSpec.newBuilder().setImage(imageRef).setUserSpecifiedImage(container.getImage()))
                .addAllCommand(container.getCommand().stream().map(w -> Expansion.expand(w, env)).toList()).addAllArgs(container.getArgs().stream().map(w -> Expansion.expand(w, env)).toList())
                .addAllMounts(mounts).setLogPath(container.getName() + "/" + attempt + ".log").setStdin(Boolean.TRUE.equals(container.getStdin()))
                .setStdinOnce(Boolean.TRUE.equals(container.getStdinOnce())).setTty(Boolean.TRUE.equals(container.getTty()));
        if (container.getWorkingDir() != null) config.setWorkingDir(container.getWorkingDir());
        env.forEach((name, value) -> config.addEnvs(KeyValue.newBuilder().setKey(name).setValue(value)));
        config.putAllLabels(Names.podLabels(pod)).putLabels(Names.CONTAINER_NAME, container.getName());
        config.putAnnotations(Names.RESTART_COUNT, Integer.toString(attempt)).putAnnotations(Names.CONTAINER_HASH, Names.hash(container))
                .putAnnotations(Names.MESSAGE_PATH, messagePath(container)).putAnnotations(Names.MESSAGE_POLICY, container.getTerminationMessagePolicy() == null ? "File" : container.getTerminationMessagePolicy());
        if (pod.getSpec().getTerminationGracePeriodSeconds() != null) config.putAnnotations(Names.GRACE_PERIOD, pod.getSpec().getTerminationGracePeriodSeconds().toString());
        return config.setLinux(LinuxContainerConfig.newBuilder().setResources(resources(pod, container)).setSecurityContext(security(pod, container, image, target))).build();
    }

    static String messagePath(Container container) {
        return container.getTerminationMessagePath() == null || container.getTerminationMessagePath().isEmpty() ? "/dev/termination-log" : container.getTerminationMessagePath();
    }

    static LinuxContainerResources resources(Pod pod, Container container) {
        var resources = LinuxContainerResources.newBuilder().setCpuShares(Qos.cpuShares(container)).setMemoryLimitInBytes(Qos.memoryLimitBytes(container))
                .setOomScoreAdj(Qos.oomScoreAdj(pod, container, Machine.memoryBytes()));
        long quota = Qos.cpuQuotaMicros(container);
        return quota > 0 ? resources.setCpuPeriod(Qos.cpuPeriodMicros()).setCpuQuota(quota).build() : resources.build();
    }

    private static LinuxContainerSecurityContext security(Pod pod, Container container, Image image, String target) throws ConfigException {
        PodSecurityContext podContext = pod.getSpec().getSecurityContext();
        SecurityContext own = container.getSecurityContext();
        var security = LinuxContainerSecurityContext.newBuilder().setNamespaceOptions(namespaces(pod, target));
        Long user = pick(own, SecurityContext::getRunAsUser, podContext, PodSecurityContext::getRunAsUser);
        Long group = pick(own, SecurityContext::getRunAsGroup, podContext, PodSecurityContext::getRunAsGroup);
        Boolean nonRoot = pick(own, SecurityContext::getRunAsNonRoot, podContext, PodSecurityContext::getRunAsNonRoot);
        if (Boolean.TRUE.equals(nonRoot)) requireNonRoot(pod, container, user, image);
        if (user != null) {
            security.setRunAsUser(Int64Value.newBuilder().setValue(user));
        } else if (image.hasUid()) {
            security.setRunAsUser(image.getUid());
        } else if (!image.getUsername().isEmpty()) {
            security.setRunAsUsername(image.getUsername());
        }
        if (group != null) {
            // CRI knows a group only beside a user
            if (user == null && !image.hasUid() && image.getUsername().isEmpty()) security.setRunAsUser(Int64Value.getDefaultInstance());
            security.setRunAsGroup(Int64Value.newBuilder().setValue(group));
        }
        if (podContext != null) {
            if (podContext.getFsGroup() != null) security.addSupplementalGroups(podContext.getFsGroup());
            if (podContext.getSupplementalGroups() != null) security.addAllSupplementalGroups(podContext.getSupplementalGroups());
        }
        boolean privileged = own != null && Boolean.TRUE.equals(own.getPrivileged());
        security.setPrivileged(privileged);
        // procMount Unmasked is for pods with users of their own, of which none runs here
        if (!privileged) security.addAllMaskedPaths(MASKED).addAllReadonlyPaths(READ_ONLY);
        if (own != null) {
            security.setReadonlyRootfs(Boolean.TRUE.equals(own.getReadOnlyRootFilesystem())).setNoNewPrivs(Boolean.FALSE.equals(own.getAllowPrivilegeEscalation()));
            Capabilities capabilities = own.getCapabilities();
            if (capabilities != null) {
                var set = Capability.newBuilder();
                if (capabilities.getAdd() != null) set.addAllAddCapabilities(capabilities.getAdd());
                if (capabilities.getDrop() != null) set.addAllDropCapabilities(capabilities.getDrop());
                security.setCapabilities(set);
            }
        }
        SeccompProfile seccomp = pick(own, SecurityContext::getSeccompProfile, podContext, PodSecurityContext::getSeccompProfile);
        AppArmorProfile appArmor = pick(own, SecurityContext::getAppArmorProfile, podContext, PodSecurityContext::getAppArmorProfile);
        if (appArmor != null) security.setApparmor(appArmor(appArmor));
        return security.setSeccomp(seccomp(seccomp)).build();
    }

    private static NamespaceOption namespaces(Pod pod, String target) {
        NamespaceOption pods = SandboxConfigs.namespaces(pod);
        // one that shares the pod's or the host's process namespace sees its target there
        return target == null || pods.getPid() != NamespaceMode.CONTAINER ? pods : pods.toBuilder().setPid(NamespaceMode.TARGET).setTargetId(target).build();
    }

    private static SecurityProfile appArmor(AppArmorProfile profile) {
        return switch (profile.getType()) {
            case "Localhost" -> SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.Localhost).setLocalhostRef(profile.getLocalhostProfile()).build();
            case "Unconfined" -> SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.Unconfined).build();
            default -> SecurityProfile.getDefaultInstance();
        };
    }

    /** Without a profile a container is unconfined, as kubelet's default is. */
    private static SecurityProfile seccomp(SeccompProfile profile) {
        String type = profile == null ? "Unconfined" : profile.getType();
        return switch (type) {
            case "RuntimeDefault" -> SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.RuntimeDefault).build();
            case "Localhost" -> SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.Localhost)
                    .setLocalhostRef(Path.of("/var/lib/kubelet/seccomp").resolve(profile.getLocalhostProfile()).toString()).build();
            default -> SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.Unconfined).build();
        };
    }

    private static void requireNonRoot(Pod pod, Container container, Long user, Image image) throws ConfigException {
        String where = "(pod: \"" + pod.getMetadata().getName() + "_" + pod.getMetadata().getNamespace() + "(" + pod.getMetadata().getUid() + ")\", container: " + container.getName() + ")";
        if (user != null) {
            if (user == 0) throw new ConfigException("container's runAsUser breaks non-root policy " + where);
        } else if (image.hasUid()) {
            if (image.getUid().getValue() == 0) throw new ConfigException("container has runAsNonRoot and image will run as root " + where);
        } else if (!image.getUsername().isEmpty()) {
            throw new ConfigException("container has runAsNonRoot and image has non-numeric user (" + image.getUsername() + "), cannot verify user is non-root " + where);
        } else {
            throw new ConfigException("container has runAsNonRoot and image will run as root " + where);
        }
    }

    /** The container's own setting, else its pod's. */
    private static <T> T pick(SecurityContext own, Function<SecurityContext, T> ofContainer, PodSecurityContext pod, Function<PodSecurityContext, T> ofPod) {
        T value = own == null ? null : ofContainer.apply(own);
        return value != null || pod == null ? value : ofPod.apply(pod);
    }
}
