package io.skerry.node.volumes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.v1.Mount;
import io.skerry.node.cri.v1.MountPropagation;
import io.skerry.node.host.Mounts;
import io.skerry.node.pods.ConfigException;
import io.skerry.node.pods.Expansion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is mounted into a container: its volumes, its hosts file and the file for its termination message. */
public final class ContainerMounts {
    private final NodeConfig config;

    public ContainerMounts(NodeConfig config) { this.config = config; }

    /** @param volumes path of each volume on the host @param env for subPathExpr */
    public List<Mount> of(Pod pod, Container container, int attempt, Map<String, Path> volumes, Map<String, String> env, List<String> podIps, String hostname, String messagePath)
            throws ConfigException, IOException {
        var mounts = new ArrayList<Mount>();
        boolean ownHosts = false;
        for (int i = 0; i < container.getVolumeMounts().size(); i++) {
            VolumeMount mount = container.getVolumeMounts().get(i);
            Path source = volumes.get(mount.getName());
            if (source == null) throw new ConfigException("volumeMount \"" + mount.getName() + "\" of container " + container.getName() + " names no volume of the pod");
            String sub = mount.getSubPathExpr() != null && !mount.getSubPathExpr().isEmpty() ? Expansion.expand(mount.getSubPathExpr(), env) : mount.getSubPath();
            if (sub != null && !sub.isEmpty()) source = subPath(pod, container, mount, i, source, sub);
            String target = mount.getMountPath().startsWith("/") ? mount.getMountPath() : "/" + mount.getMountPath();
            ownHosts |= target.equals("/etc/hosts");
            mounts.add(Mount.newBuilder().setContainerPath(target).setHostPath(source.toString())
                    .setReadonly(Boolean.TRUE.equals(mount.getReadOnly()) || isReadOnly(pod, mount.getName())).setPropagation(propagation(mount)).build());
        }
        if (!ownHosts) mounts.add(Mount.newBuilder().setContainerPath("/etc/hosts").setHostPath(hosts(pod, podIps, hostname).toString()).build());
        mounts.add(Mount.newBuilder().setContainerPath(messagePath).setHostPath(messageFile(pod, container.getName(), attempt, true).toString()).build());
        return mounts;
    }

    /** Where a container's run leaves its termination message. */
    public Path messageFile(Pod pod, String container, int attempt, boolean create) throws IOException {
        Path file = config.podsDir().resolve(pod.getMetadata().getUid()).resolve("containers").resolve(container).resolve(Integer.toString(attempt));
        if (create) {
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(file);
            Files.createFile(file);
            Ownership.setMode(file, 0666); // the container may run as anybody
        }
        return file;
    }

    /** Whatever a container asks for: what is made of API objects, and a claim that the pod takes read-only. As kubelet's volume plugins have it. */
    private static boolean isReadOnly(Pod pod, String volume) {
        return pod.getSpec().getVolumes().stream().filter(v -> v.getName().equals(volume)).anyMatch(v -> v.getConfigMap() != null || v.getSecret() != null || v.getDownwardAPI() != null
                || v.getProjected() != null || v.getPersistentVolumeClaim() != null && Boolean.TRUE.equals(v.getPersistentVolumeClaim().getReadOnly()));
    }

    private static MountPropagation propagation(VolumeMount mount) {
        return switch (mount.getMountPropagation() == null ? "None" : mount.getMountPropagation()) {
            case "HostToContainer" -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
            case "Bidirectional" -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
            default -> MountPropagation.PROPAGATION_PRIVATE;
        };
    }

    /**
     * A part of a volume, bound to a place of its own. Containers can put links into their volumes, and could change one between our look
     * and the runtime's mount (CVE-2017-1002101, CVE-2021-25741): so what was bound is compared afterwards with what was meant.
     */
    private Path subPath(Pod pod, Container container, VolumeMount mount, int index, Path volume, String sub) throws ConfigException, IOException {
        Path relative = Path.of(sub).normalize();
        if (relative.isAbsolute() || relative.startsWith("..")) throw new ConfigException("subPath \"" + sub + "\" of volume " + mount.getName() + " must stay inside the volume");
        Path root = volume.toRealPath(), wanted = root.resolve(relative);
        if (!Files.exists(wanted)) {
            Path parent = wanted;
            while (!Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) parent = parent.getParent();
            if (!parent.toRealPath().startsWith(root)) throw new ConfigException("subPath \"" + sub + "\" of volume " + mount.getName() + " leads out of the volume");
            Files.createDirectories(wanted);
            Ownership.setMode(wanted, Ownership.mode(root));
        }
        Path real = wanted.toRealPath();
        if (!real.startsWith(root)) throw new ConfigException("subPath \"" + sub + "\" of volume " + mount.getName() + " leads out of the volume");
        Object identity = Files.readAttributes(real, "fileKey", LinkOption.NOFOLLOW_LINKS).get("fileKey");
        Path place = config.podsDir().resolve(pod.getMetadata().getUid()).resolve("volume-subpaths").resolve(mount.getName()).resolve(container.getName()).resolve(Integer.toString(index));
        Files.createDirectories(place.getParent());
        if (Mounts.isMountPoint(place)) Mounts.unmount(place);
        Files.deleteIfExists(place);
        if (Files.isDirectory(real)) Files.createDirectory(place);
        else Files.createFile(place);
        Mounts.bind(real, place);
        if (!identity.equals(Files.readAttributes(place, "fileKey", LinkOption.NOFOLLOW_LINKS).get("fileKey"))) {
            Mounts.unmount(place);
            throw new ConfigException("subPath \"" + sub + "\" of volume " + mount.getName() + " was changed while it was mounted");
        }
        return place;
    }

    private Path hosts(Pod pod, List<String> podIps, String hostname) throws IOException {
        Path file = config.podsDir().resolve(pod.getMetadata().getUid()).resolve("etc-hosts");
        var text = new StringBuilder();
        if (Boolean.TRUE.equals(pod.getSpec().getHostNetwork())) {
            text.append("# Kubernetes-managed hosts file (host network).\n").append(Files.exists(Path.of("/etc/hosts")) ? Files.readString(Path.of("/etc/hosts")) : "");
        } else {
            text.append("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
            String subdomain = pod.getSpec().getSubdomain();
            String full = subdomain == null || subdomain.isEmpty() ? "" : hostname + "." + subdomain + "." + pod.getMetadata().getNamespace() + ".svc." + config.clusterDomain() + "\t";
            for (String ip : podIps) text.append(ip).append('\t').append(full).append(hostname).append('\n');
        }
        if (pod.getSpec().getHostAliases() != null && !pod.getSpec().getHostAliases().isEmpty()) {
            text.append("\n# Entries added by HostAliases.\n");
            for (HostAlias alias : pod.getSpec().getHostAliases()) text.append(alias.getIp()).append('\t').append(String.join("\t", alias.getHostnames())).append('\n');
        }
        if (Files.exists(file) && Files.readString(file).contentEquals(text)) return file; // bound into running containers: never replaced needlessly
        Files.createDirectories(file.getParent());
        Path part = file.resolveSibling("etc-hosts.part");
        Files.writeString(part, text);
        Ownership.setMode(part, 0644);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        return file;
    }
}
