package io.skerry.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.v1.Mount;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerMountsTest {
    @Test
    void whatIsMadeOfObjectsIsReadOnlyAndSoAreClaimsThatAreTakenSo(@TempDir Path temp) throws Exception {
        Pod pod = new PodBuilder().withNewMetadata().withNamespace("n").withName("p").withUid("u").endMetadata().withNewSpec()
                .addNewVolume().withName("config").withNewConfigMap().withName("m").endConfigMap().endVolume()
                .addNewVolume().withName("secret").withNewSecret().withSecretName("s").endSecret().endVolume()
                .addNewVolume().withName("downward").withNewDownwardAPI().endDownwardAPI().endVolume()
                .addNewVolume().withName("projected").withNewProjected().endProjected().endVolume()
                .addNewVolume().withName("archive").withNewPersistentVolumeClaim("c", true).endVolume()
                .addNewVolume().withName("data").withNewPersistentVolumeClaim("d", false).endVolume()
                .addNewVolume().withName("scratch").withNewEphemeral().endEphemeral().endVolume()
                .addNewVolume().withName("empty").withNewEmptyDir().endEmptyDir().endVolume()
                .addNewVolume().withName("host").withNewHostPath("/srv", null).endVolume()
                .endSpec().build();
        Map<String, Path> volumes = pod.getSpec().getVolumes().stream().collect(Collectors.toMap(Volume::getName, v -> temp.resolve(v.getName())));
        Container container = new ContainerBuilder().withName("c")
                .withVolumeMounts(volumes.keySet().stream().map(name -> new VolumeMountBuilder().withName(name).withMountPath("/" + name).build()).toList()).build();
        List<Mount> mounts = new ContainerMounts(NodeConfig.of("node", temp.resolve("d"), temp.resolve("r"), "127.0.0.1"))
                .of(pod, container, 0, volumes, Map.of(), List.of("10.42.0.7"), "p", "/dev/termination-log");
        Map<String, Boolean> readOnly = mounts.stream().collect(Collectors.toMap(Mount::getContainerPath, Mount::getReadonly, (a, b) -> a, TreeMap::new));
        assertThat(readOnly).containsExactly(Map.entry("/archive", true), Map.entry("/config", true), Map.entry("/data", false), Map.entry("/dev/termination-log", false),
                Map.entry("/downward", true), Map.entry("/empty", false), Map.entry("/etc/hosts", false), Map.entry("/host", false), Map.entry("/projected", true),
                Map.entry("/scratch", false), Map.entry("/secret", true));
    }
}
