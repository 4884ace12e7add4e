package io.skerry.node.pods;

import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Machine;
import io.skerry.node.images.ImageStore;
import io.skerry.node.probes.Prober;
import io.skerry.node.volumes.ContainerMounts;
import io.skerry.node.volumes.Volumes;

/** What the workers of all pods of a node share. */
public record PodParts(NodeConfig config, Cri cri, ImageStore images, PodApi api, Cgroups cgroups, Volumes volumes, ContainerMounts mounts, Prober prober, Allocations allocations) {

    public static PodParts of(NodeConfig config, Cri cri, ImageStore images, PodApi api, Cgroups cgroups) {
        return new PodParts(config, cri, images, api, cgroups, new Volumes(config, api), new ContainerMounts(config), new Prober(cri),
                new Allocations(new Allocations.Amount(Machine.cpus() * 1000L, Machine.allocatableMemoryBytes())));
    }
}
