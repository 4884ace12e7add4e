package io.skerry.controllers.manifests;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.skerry.controllers.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestsFolderTest {
    @TempDir Path folder;
    private Path manifests;
    private TestCluster cluster;

    @BeforeEach void start() throws IOException {
        manifests = Files.createDirectories(folder.resolve("manifests"));
        write("early.yaml", map("early", "1"));
        cluster = new TestCluster(folder, i -> List.of(new ManifestsFolder(i, manifests)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private void write(String file, String... documents) throws IOException {
        Files.writeString(manifests.resolve(file), String.join("---\n", documents));
    }

    private static String map(String name, String value) {
        return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {value: \"" + value + "\"}\n";
    }

    private ConfigMap get(String name) {
        return cluster.client.configMaps().inNamespace("default").withName(name).get();
    }

    private void has(String name, String value) {
        eventually(() -> assertThat(get(name).getData()).containsEntry("value", value));
    }

    @Test void appliesChangesAndPrunes() throws IOException {
        has("early", "1");
        write("two.yaml", map("a", "1"), map("b", "1"));
        has("a", "1");
        has("b", "1");
        write("two.yaml", map("a", "2"), map("c", "1"));
        has("a", "2");
        has("c", "1");
        eventually(() -> assertThat(get("b")).isNull());
        assertThat(get("early")).isNotNull();
        Addon addon = cluster.client.resources(Addon.class).inNamespace("kube-system").withName("two").get();
        assertThat(addon.getSpec().path("source").asText()).endsWith("two.yaml");
        assertThat(addon.getSpec().path("objects")).extracting(n -> n.asText()).containsExactly("v1 ConfigMap default a", "v1 ConfigMap default c");
        // Deleting the file deletes nothing, as with k3s.
        Files.delete(manifests.resolve("two.yaml"));
        TestCluster.stays(() -> get("a") != null && get("c") != null, Duration.ofMillis(700));
    }

    @Test void aBrokenFileChangesNothingAndIsNamed() throws IOException {
        write("x.yaml", map("x", "1"));
        has("x", "1");
        write("x.yaml", map("x", "2"), "apiVersion: v1\nkind: [\n");
        eventually(() -> assertThat(cluster.events("ParseManifestFailed")).anySatisfy(m -> assertThat(m).contains("x.yaml:")));
        assertThat(get("x").getData()).containsEntry("value", "1");
        write("x.yaml", map("x", "2"), "kind: ConfigMap\n");
        eventually(() -> assertThat(cluster.events("ParseManifestFailed")).anySatisfy(m -> assertThat(m).contains("x.yaml:6: apiVersion is missing")));
        write("x.yaml", map("x", "3"));
        has("x", "3");
    }

    @Test void skippedFilesAreLeftAlone() throws IOException {
        Files.writeString(manifests.resolve("s.yaml.skip"), "");
        write("s.yaml", map("s", "1"));
        write("other.json", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"listed\"},\"data\":{\"value\":\"1\"}}]}");
        has("listed", "1");
        assertThat(get("s")).isNull();
        Files.delete(manifests.resolve("s.yaml.skip"));
        has("s", "1");
    }

    @Test void aFileMayHoldACrdWithItsObjects() throws IOException {
        Files.createDirectories(manifests.resolve("sub"));
        write("sub/widget.yaml", """
            apiVersion: example.com/v1
            kind: Widget
            metadata: {name: w}
            """, """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.example.com}
            spec:
              group: example.com
              scope: Cluster
              names: {plural: widgets, singular: widget, kind: Widget}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
            """);
        eventually(() -> assertThat(cluster.client.raw("/apis/example.com/v1/widgets/w")).isNotNull());
    }
}
