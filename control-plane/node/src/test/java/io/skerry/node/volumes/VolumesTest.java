package io.skerry.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.skerry.node.NodeConfig;
import io.skerry.node.pods.PodApi;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumesTest {
    @Test
    void aChangedConfigMapIsWrittenHoweverItsTextHashes(@TempDir Path temp) throws Exception {
        var map = new AtomicReference<ConfigMap>();
        PodApi api = api("configMap", map);
        Pod pod = new PodBuilder().withNewMetadata().withNamespace("n").withName("p").withUid("u").endMetadata()
                .withNewSpec().addNewVolume().withName("v").withNewConfigMap().withName("m").endConfigMap().endVolume().endSpec().build();
        Volumes volumes = volumes(temp, api);
        String before = "Aa=1", after = "BB=1";
        assertThat(before).hasSameHashCodeAs(after);
        map.set(configMap(before));
        Path folder = volumes.setUp(pod).paths().get("v");
        assertThat(folder.resolve("k")).hasContent(before);
        Path data = Files.readSymbolicLink(folder.resolve("..data"));
        volumes.setUp(pod);
        assertThat(Files.readSymbolicLink(folder.resolve("..data"))).as("left alone while nothing changes").isEqualTo(data);
        map.set(configMap(after));
        volumes.setUp(pod);
        assertThat(folder.resolve("k")).hasContent(after);
    }

    @Test
    void aClaimedHostPathIsWhatItsTypeSays(@TempDir Path temp) throws Exception {
        var claimed = new AtomicReference<PersistentVolume>();
        Volumes volumes = volumes(temp, api("claimedVolume", claimed));
        claimed.set(hostPath(temp.resolve("a/made"), "DirectoryOrCreate"));
        assertThat(setUp(volumes)).isEqualTo(temp.resolve("a/made")).isDirectory();
        assertThat(Ownership.mode(temp.resolve("a/made"))).isEqualTo(0755);
        Files.writeString(temp.resolve("a/made/kept"), "x");
        assertThat(setUp(volumes).resolve("kept")).hasContent("x");
        claimed.set(hostPath(temp.resolve("a/made/kept"), "File"));
        assertThat(setUp(volumes)).isEqualTo(temp.resolve("a/made/kept"));
        claimed.set(hostPath(temp.resolve("none"), "Directory"));
        refused(volumes, "hostPath type check failed: " + temp.resolve("none") + " is not a directory");
        claimed.set(hostPath(temp.resolve("none"), null));
        assertThat(setUp(volumes)).as("the runtime makes it, as for a volume of the pod's own").isEqualTo(temp.resolve("none")).doesNotExist();
    }

    @Test
    void aClaimedLocalVolumeMustBeThere(@TempDir Path temp) throws Exception {
        var claimed = new AtomicReference<PersistentVolume>();
        Volumes volumes = volumes(temp, api("claimedVolume", claimed));
        refused(volumes, "persistentvolumeclaim \"c\" is not bound to a local or hostPath volume");
        claimed.set(new PersistentVolumeBuilder().withNewSpec().withNewLocal().withPath(temp.resolve("disk").toString()).endLocal().endSpec().build());
        refused(volumes, temp.resolve("disk") + " of persistentvolumeclaim \"c\" is not a folder on this node");
        Files.createDirectory(temp.resolve("disk"));
        assertThat(setUp(volumes)).isEqualTo(temp.resolve("disk"));
        claimed.set(new PersistentVolumeBuilder().withNewSpec().withNewNfs().withServer("192.0.2.1").withPath("/").endNfs().endSpec().build());
        refused(volumes, "persistentvolumeclaim \"c\" is not bound to a local or hostPath volume");
    }

    /** That answers one question alone. */
    private static PodApi api(String question, AtomicReference<?> answer) {
        return (PodApi) Proxy.newProxyInstance(PodApi.class.getClassLoader(), new Class<?>[] {PodApi.class}, (proxy, method, arguments) -> {
            assertThat(method.getName()).isEqualTo(question);
            return answer.get();
        });
    }

    private static Volumes volumes(Path temp, PodApi api) { return new Volumes(NodeConfig.of("node", temp.resolve("d"), temp.resolve("r"), "127.0.0.1"), api); }

    private static PersistentVolume hostPath(Path path, String type) {
        return new PersistentVolumeBuilder().withNewSpec().withNewHostPath(path.toString(), type).endSpec().build();
    }

    private static Path setUp(Volumes volumes) throws VolumeException {
        Pod pod = new PodBuilder().withNewMetadata().withNamespace("n").withName("p").withUid("u").endMetadata()
                .withNewSpec().addNewVolume().withName("v").withNewPersistentVolumeClaim("c", false).endVolume().endSpec().build();
        return volumes.setUp(pod).paths().get("v");
    }

    private static void refused(Volumes volumes, String message) {
        assertThatThrownBy(() -> setUp(volumes)).isInstanceOf(VolumeException.class).hasMessage("MountVolume.SetUp failed for volume \"v\" : " + message);
    }

    private static ConfigMap configMap(String value) { return new ConfigMapBuilder().withData(Map.of("k", value)).build(); }
}
