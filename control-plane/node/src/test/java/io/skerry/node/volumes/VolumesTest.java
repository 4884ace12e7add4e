package io.skerry.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
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
        var api = (PodApi) Proxy.newProxyInstance(PodApi.class.getClassLoader(), new Class<?>[] {PodApi.class}, (proxy, method, arguments) -> {
            assertThat(method.getName()).isEqualTo("configMap");
            return map.get();
        });
        Pod pod = new PodBuilder().withNewMetadata().withNamespace("n").withName("p").withUid("u").endMetadata()
                .withNewSpec().addNewVolume().withName("v").withNewConfigMap().withName("m").endConfigMap().endVolume().endSpec().build();
        var volumes = new Volumes(NodeConfig.of("node", temp.resolve("d"), temp.resolve("r"), "127.0.0.1"), api);
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

    private static ConfigMap configMap(String value) { return new ConfigMapBuilder().withData(Map.of("k", value)).build(); }
}
