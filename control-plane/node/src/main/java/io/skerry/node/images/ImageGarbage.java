package io.skerry.node.images;

import io.grpc.StatusRuntimeException;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.Container;
import io.skerry.node.cri.v1.Image;
import io.skerry.node.cri.v1.ListContainersRequest;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Removes images that no container uses when the disk fills up: above 85%, down to 80%, longest unused first. Kubelet's numbers. */
public final class ImageGarbage {
    private static final Logger LOG = System.getLogger(ImageGarbage.class.getName());
    private static final double HIGH = 0.85, LOW = 0.80;
    private static final Duration MIN_AGE = Duration.ofMinutes(2);

    private final NodeConfig config;
    private final Cri cri;
    private final ImageStore store;
    private final Supplier<Set<String>> pinned;
    private final Map<String, Instant> lastUsed = new HashMap<>();

    /** @param pinned full names of images that are never removed */
    public ImageGarbage(NodeConfig config, Cri cri, ImageStore store, Supplier<Set<String>> pinned) {
        this.config = config;
        this.cri = cri;
        this.store = store;
        this.pinned = pinned;
    }

    public void collect() throws IOException {
        List<Image> images = store.list();
        Set<String> used = new HashSet<>();
        for (Container c : cri.runtime().listContainers(ListContainersRequest.getDefaultInstance()).getContainersList()) {
            used.add(c.getImageRef());
            used.add(c.getImage().getImage());
        }
        Instant now = Instant.now();
        for (Image image : images) if (inUse(image, used)) lastUsed.put(image.getId(), now);
        FileStore disk = Files.getFileStore(config.containerdDir());
        if (disk.getUsableSpace() > disk.getTotalSpace() * (1 - HIGH)) return;
        List<Image> candidates = images.stream().filter(i -> !inUse(i, used) && !kept(i)).filter(i -> Duration.between(lastUsed.computeIfAbsent(i.getId(), id -> now), now).compareTo(MIN_AGE) >= 0)
                .sorted(Comparator.comparing(i -> lastUsed.get(i.getId()))).toList();
        for (Image image : candidates) {
            if (disk.getUsableSpace() > disk.getTotalSpace() * (1 - LOW)) return;
            LOG.log(Level.INFO, "the disk is full: removing image {0}, which no container uses", image.getRepoTagsCount() > 0 ? image.getRepoTags(0) : image.getId());
            try {
                store.remove(image.getId());
                lastUsed.remove(image.getId());
            } catch (StatusRuntimeException e) {
                LOG.log(Level.WARNING, "image {0} stays: {1}", image.getId(), e.getMessage());
            }
        }
    }

    private boolean kept(Image image) {
        Set<String> names = pinned.get();
        return image.getPinned() || image.getRepoTagsList().stream().anyMatch(t -> names.contains(t) || t.equals(PauseImage.NAME));
    }

    private static boolean inUse(Image image, Set<String> used) {
        return used.contains(image.getId()) || image.getRepoTagsList().stream().anyMatch(used::contains) || image.getRepoDigestsList().stream().anyMatch(used::contains);
    }
}
