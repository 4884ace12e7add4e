package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.scheduler.NodeInfo;
import io.skerry.scheduler.ScorePlugin;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Prefers nodes that have the pod's images already: 0 below 23 MB of them, 100 from 1000 MB a container. An image that few nodes have
 * counts less, lest all pods flock there.
 */
public final class ImageLocality implements ScorePlugin {
    private static final long MB = 1024 * 1024, LEAST = 23 * MB, MOST = 1000 * MB;

    @Override public String name() { return "ImageLocality"; }

    @Override public int weight() { return 1; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        List<String> images = Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
            .map(Container::getImage).map(ImageLocality::withTag).toList();
        if (images.isEmpty()) return null;
        return n -> {
            long sum = 0;
            for (String image : images) {
                long size = size(n, image);
                if (size > 0) sum += size * nodes.stream().filter(o -> size(o, image) > 0).count() / nodes.size();
            }
            long most = MOST * images.size();
            return sum <= LEAST ? 0 : sum >= most ? 100 : 100 * (sum - LEAST) / (most - LEAST);
        };
    }

    private static long size(NodeInfo n, String image) {
        if (n.node().getStatus() == null) return 0;
        for (ContainerImage i : n.node().getStatus().getImages()) {
            if (i.getNames().contains(image)) return i.getSizeBytes() == null ? 0 : i.getSizeBytes();
        }
        return 0;
    }

    static String withTag(String image) {
        return image.lastIndexOf(':') <= image.lastIndexOf('/') && image.indexOf('@') < 0 ? image + ":latest" : image;
    }
}
