package io.skerry.node.volumes;

import io.fabric8.kubernetes.api.model.EmptyDirVolumeSource;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.skerry.node.NodeConfig;
import io.skerry.node.host.Mounts;
import io.skerry.node.pods.PodApi;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sets up pods' volumes in kubelet's folders ({@code <pods>/<uid>/volumes/kubernetes.io~<kind>/<name>}), keeps those made of API objects
 * up to date, and removes them. Secrets and tokens lie in tmpfs only.
 */
public final class Volumes {
    private final NodeConfig config;
    private final PodApi api;
    private final TokenSource tokens;
    /** The digest of what was last written to each volume's folder, to leave it alone while nothing changes. */
    private final Map<Path, String> written = new ConcurrentHashMap<>();

    public Volumes(NodeConfig config, PodApi api) {
        this.config = config;
        this.api = api;
        tokens = new TokenSource(api);
    }

    /**
     * @param paths   where each volume is on the host, by its name
     * @param refresh when a token needs to be renewed, or null
     */
    public record Ready(Map<String, Path> paths, Instant refresh) { }

    /** Sets up what is not yet there and refreshes what has changed. */
    public Ready setUp(Pod pod) throws VolumeException {
        var paths = new HashMap<String, Path>();
        Instant refresh = null;
        for (Volume volume : pod.getSpec().getVolumes() == null ? List.<Volume>of() : pod.getSpec().getVolumes()) {
            try {
                if (volume.getProjected() != null) {
                    Path folder = folder(pod, "projected", volume);
                    Instant renew = projected(pod, volume, folder);
                    if (renew != null && (refresh == null || renew.isBefore(refresh))) refresh = renew;
                    paths.put(volume.getName(), folder);
                } else {
                    paths.put(volume.getName(), simple(pod, volume));
                }
            } catch (IOException e) {
                throw new VolumeException(volume.getName(), e.getMessage());
            }
        }
        return new Ready(paths, refresh);
    }

    private Path simple(Pod pod, Volume volume) throws VolumeException, IOException {
        String name = volume.getName();
        if (volume.getEmptyDir() != null) return emptyDir(pod, volume, volume.getEmptyDir());
        if (volume.getHostPath() != null) return HostPaths.resolve(name, volume.getHostPath());
        var files = new Projection(config, api, pod, name);
        if (volume.getConfigMap() != null) {
            var source = volume.getConfigMap();
            files.configMap(source.getName(), source.getItems(), source.getDefaultMode(), source.getOptional());
            return write(pod, folder(pod, "configmap", volume), files, false);
        }
        if (volume.getSecret() != null) {
            var source = volume.getSecret();
            files.secret(source.getSecretName(), source.getItems(), source.getDefaultMode(), source.getOptional());
            return write(pod, folder(pod, "secret", volume), files, true);
        }
        if (volume.getDownwardAPI() != null) {
            files.downward(volume.getDownwardAPI().getItems(), volume.getDownwardAPI().getDefaultMode());
            return write(pod, folder(pod, "downward-api", volume), files, false);
        }
        if (volume.getPersistentVolumeClaim() != null) return claim(pod, name, volume.getPersistentVolumeClaim().getClaimName());
        if (volume.getEphemeral() != null) return claim(pod, name, pod.getMetadata().getName() + "-" + name);
        throw new VolumeException(name, "this kind of volume is not supported; there are configMap, downwardAPI, emptyDir, hostPath, persistentVolumeClaim (local), projected and secret");
    }

    /** A hostPath volume is the same to a pod whether it names it itself or by a claim (upstream's pkg/volume/hostpath); the folder of a local one must be there. */
    private Path claim(Pod pod, String volume, String claimName) throws VolumeException, IOException {
        PersistentVolume claimed = api.claimedVolume(pod.getMetadata().getNamespace(), claimName);
        if (claimed != null && claimed.getSpec().getHostPath() != null) return HostPaths.resolve(volume, claimed.getSpec().getHostPath());
        if (claimed == null || claimed.getSpec().getLocal() == null) {
            throw new VolumeException(volume, "persistentvolumeclaim \"" + claimName + "\" is not bound to a local or hostPath volume");
        }
        Path path = Path.of(claimed.getSpec().getLocal().getPath());
        if (!Files.isDirectory(path)) throw new VolumeException(volume, path + " of persistentvolumeclaim \"" + claimName + "\" is not a folder on this node");
        return path;
    }

    private Path emptyDir(Pod pod, Volume volume, EmptyDirVolumeSource source) throws IOException {
        Path folder = folder(pod, "empty-dir", volume), ready = folder.resolveSibling("." + volume.getName() + ".ready");
        boolean mount = "Memory".equals(source.getMedium()) && !Mounts.isMountPoint(folder); // so it is after a reboot, too
        if (!mount && Files.exists(ready)) return folder;
        Files.createDirectories(folder);
        if (mount) {
            String size = source.getSizeLimit() == null ? "" : "size=" + source.getSizeLimit().getNumericalAmount().toBigInteger();
            Mounts.tmpfs(folder, size);
        }
        Ownership.setMode(folder, 0777);
        Long group = fsGroup(pod);
        if (group != null) Ownership.giveToGroup(folder, group, false);
        if (!Files.exists(ready)) Files.createFile(ready); // done to the end: what containers change later stays as they want it
        return folder;
    }

    private Instant projected(Pod pod, Volume volume, Path folder) throws VolumeException, IOException {
        ProjectedVolumeSource source = volume.getProjected();
        var files = new Projection(config, api, pod, volume.getName());
        Integer mode = source.getDefaultMode();
        Instant renew = null;
        for (VolumeProjection part : source.getSources()) {
            if (part.getConfigMap() != null) files.configMap(part.getConfigMap().getName(), part.getConfigMap().getItems(), mode, part.getConfigMap().getOptional());
            if (part.getSecret() != null) files.secret(part.getSecret().getName(), part.getSecret().getItems(), mode, part.getSecret().getOptional());
            if (part.getDownwardAPI() != null) files.downward(part.getDownwardAPI().getItems(), mode);
            if (part.getClusterTrustBundle() != null) throw new VolumeException(volume.getName(), "projected clusterTrustBundle is not supported");
            if (part.getServiceAccountToken() != null) {
                TokenSource.Token token = tokens.current(pod, part.getServiceAccountToken(), folder.resolve(part.getServiceAccountToken().getPath()));
                Long owner = commonUser(pod);
                int tokenMode = fsGroup(pod) != null ? 0600 : owner != null ? 0600 : mode == null ? Projection.DEFAULT_MODE : mode;
                files.put(part.getServiceAccountToken().getPath(), token.text().getBytes(StandardCharsets.UTF_8), tokenMode, owner);
                if (renew == null || token.renew().isBefore(renew)) renew = token.renew();
            }
        }
        write(pod, folder, files, true);
        return renew;
    }

    private Path write(Pod pod, Path folder, Projection content, boolean inMemory) throws IOException {
        Files.createDirectories(folder);
        if (inMemory && !Mounts.isMountPoint(folder)) {
            Mounts.tmpfs(folder, "");
            written.remove(folder);
        }
        String digest = content.digest();
        if (!digest.equals(written.get(folder))) {
            AtomicWriter.write(folder, content.files, fsGroup(pod));
            written.put(folder, digest);
        }
        return folder;
    }

    /** Unmounts and removes all that a pod has on disk; what hostPath volumes show is not touched. */
    public void tearDown(String podUid) throws IOException {
        Path folder = config.podsDir().resolve(podUid);
        if (!Files.exists(folder)) return;
        Mounts.unmountBelow(folder);
        AtomicWriter.deleteTree(folder);
        written.keySet().removeIf(p -> p.startsWith(folder));
    }

    /** Uids of pods that have a folder. */
    public Set<String> pods() throws IOException {
        if (!Files.isDirectory(config.podsDir())) return new HashSet<>();
        try (Stream<Path> folders = Files.list(config.podsDir())) {
            return folders.map(f -> f.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    private Path folder(Pod pod, String kind, Volume volume) {
        return config.podsDir().resolve(pod.getMetadata().getUid()).resolve("volumes/kubernetes.io~" + kind).resolve(volume.getName());
    }

    private static Long fsGroup(Pod pod) { return pod.getSpec().getSecurityContext() == null ? null : pod.getSpec().getSecurityContext().getFsGroup(); }

    /** The uid that every container runs as, when the spec says one; the token can then be its alone. */
    private static Long commonUser(Pod pod) {
        PodSecurityContext context = pod.getSpec().getSecurityContext();
        Set<Long> users = new HashSet<>();
        Stream.concat(pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream()).forEach(c ->
                users.add(c.getSecurityContext() != null && c.getSecurityContext().getRunAsUser() != null ? c.getSecurityContext().getRunAsUser() : context == null ? null : context.getRunAsUser()));
        return users.size() == 1 ? users.iterator().next() : null;
    }
}
