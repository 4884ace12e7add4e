package io.skerry.controllers.helm;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.runtime.Patch;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HelmChartControllerTest {
    private static final String TEMPLATE = """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ .Release.Name }}-settings
          labels: {chart: {{ .Chart.Name }}-{{ .Chart.Version }}}
        data:
          color: {{ .Values.color | quote }}
          size: {{ .Values.size | quote }}
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new HelmChartController(i, TypeTable.builtin(), folder.resolve("charts"))));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    /** A packaged chart, base64. */
    private static String chart(String version, String template) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: " + version + "\n");
        files.put("web/values.yaml", "color: red\nsize: 1\n");
        files.put("web/templates/settings.yaml", template);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (Map.Entry<String, String> f : files.entrySet()) {
                byte[] content = f.getValue().getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry e = new TarArchiveEntry(f.getKey());
                e.setSize(content.length);
                tar.putArchiveEntry(e);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** Applies a HelmChart with this spec, as kubectl apply would. */
    private void apply(String kind, String spec) {
        JsonNode s = io.skerry.machinery.yaml.Yaml.parseAll(spec, "test").getFirst().root();
        var o = Json.object().put("apiVersion", "helm.cattle.io/v1").put("kind", kind);
        o.putObject("metadata").put("name", "shop").put("namespace", "kube-system");
        o.set("spec", s);
        eventually(() -> Patch.APPLY.send(cluster.client, "/apis/helm.cattle.io/v1/namespaces/kube-system/" + kind.toLowerCase(java.util.Locale.ROOT)
            + "s/shop?fieldManager=test&force=true", o));
    }

    private HelmChart get() {
        return cluster.client.resources(HelmChart.class).inNamespace("kube-system").withName("shop").get();
    }

    private String condition(String type, String field) {
        for (JsonNode c : get().getStatus().path("conditions")) if (Json.text(c, "type").equals(type)) return Json.text(c, field);
        return null;
    }

    private ConfigMap settings() {
        return cluster.client.configMaps().inNamespace("apps").withName("shop-settings").get();
    }

    private void installed(int revision, String color, String size) {
        eventually(() -> {
            assertThat(settings().getData()).containsEntry("color", color).containsEntry("size", size);
            assertThat(get().getStatus().path("revision").asInt()).isEqualTo(revision);
            assertThat(condition("Ready", "status")).isEqualTo("True");
            assertThat(condition("Failed", "status")).isEqualTo("False");
            assertThat(get().getStatus().path("observedGeneration").asLong()).isEqualTo(get().getMetadata().getGeneration());
        });
    }

    private String spec(String chart, String more) {
        return "chartContent: " + chart + "\ntargetNamespace: apps\ncreateNamespace: true\n" + more;
    }

    @Test void installsUpgradesAndRemoves() {
        String chart = chart("1.0.0", TEMPLATE);
        apply("HelmChart", spec(chart, ""));
        installed(1, "red", "1");
        assertThat(settings().getMetadata().getLabels()).containsEntry("chart", "web-1.0.0");
        assertThat(get().getStatus().path("chart").asText()).isEqualTo("web-1.0.0");
        assertThat(cluster.client.secrets().inNamespace("apps").withName("sh.helm.release.v1.shop.v1").get().getType()).isEqualTo("helm.sh/release.v1");

        apply("HelmChart", spec(chart, "valuesContent: |\n  color: blue\nset: {size: 7}\n"));
        installed(2, "blue", "7");
        apply("HelmChartConfig", "valuesContent: 'color: green'\n");
        installed(3, "green", "7");
        // What changes nothing of the release makes no new revision.
        eventually(() -> cluster.client.resources(HelmChart.class).inNamespace("kube-system").withName("shop")
            .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"annotations\":{\"a\":\"b\"}},\"spec\":{\"bootstrap\":false}}"));
        TestCluster.stays(() -> get().getStatus().path("revision").asInt() == 3, Duration.ofMillis(500));
        installed(3, "green", "7");
        apply("HelmChart", spec(chart("2.0.0", TEMPLATE), "valuesContent: |\n  color: blue\nset: {size: 7}\n"));
        installed(4, "green", "7");
        assertThat(settings().getMetadata().getLabels()).containsEntry("chart", "web-2.0.0");

        cluster.client.resources(HelmChart.class).inNamespace("kube-system").withName("shop").delete();
        eventually(() -> {
            assertThat(get()).isNull();
            assertThat(settings()).isNull();
            assertThat(cluster.client.secrets().inNamespace("apps").list().getItems()).isEmpty();
        });
    }

    @Test void aBrokenChartIsNamedAndLeavesWhatIsInstalled() {
        apply("HelmChart", spec(chart("1.0.0", TEMPLATE), ""));
        installed(1, "red", "1");
        apply("HelmChart", spec(chart("1.1.0", TEMPLATE + "\n{{ .Values.missing.deep }}\n"), ""));
        eventually(() -> {
            assertThat(condition("Ready", "status")).isEqualTo("False");
            assertThat(condition("Failed", "status")).isEqualTo("True");
            assertThat(condition("Failed", "message")).contains("web/templates/settings.yaml").contains("nil pointer evaluating interface {}.deep");
            assertThat(cluster.events("Failed")).isNotEmpty();
        });
        assertThat(settings().getData()).containsEntry("color", "red");
        apply("HelmChart", spec(chart("1.1.0", TEMPLATE), ""));
        installed(2, "red", "1");
    }

    @Test void whatCannotBeInstalledSaysWhy() {
        apply("HelmChart", "{chart: traefik, repo: 'https://example.com/charts'}");
        eventually(() -> assertThat(condition("Failed", "message"))
            .isEqualTo("spec.chart: there is no chart traefik in " + folder.resolve("charts") + ", and charts from a repository are not supported yet; put the packaged chart there, or base64 encoded into spec.chartContent"));
        apply("HelmChart", spec(chart("1.0.0", TEMPLATE), "valuesSecrets: [{name: absent}]\n"));
        eventually(() -> assertThat(condition("Failed", "message")).contains("secret \"absent\" not found in namespace kube-system"));
        // Writing the failure down must not be taken for a reason to try again.
        TestCluster.stays(() -> get().getStatus().path("failures").asInt() == 1, Duration.ofMillis(500));
        apply("HelmChart", spec("AAAA", ""));
        eventually(() -> assertThat(condition("Failed", "message")).contains("not a gzipped tar archive"));
        TestCluster.stays(() -> get().getStatus().path("failures").asInt() == 1, Duration.ofMillis(500));
    }

    @Test void takesAChartOfThisMachineByNameAndVersionOrByK3ssUrl() throws IOException {
        Path charts = Files.createDirectories(folder.resolve("charts"));
        for (String version : List.of("1.2.0", "1.10.0", "2.0.0")) Files.write(charts.resolve("web-" + version + ".tgz"), Base64.getDecoder().decode(chart(version, TEMPLATE)));
        Files.writeString(charts.resolve("web-broken.tgz"), "not a chart");
        apply("HelmChart", "chart: web\nrepo: https://charts.example.org\nversion: ^1.0\ntargetNamespace: apps\ncreateNamespace: true\n");
        installed(1, "red", "1");
        assertThat(settings().getMetadata().getLabels()).containsEntry("chart", "web-1.10.0");
        apply("HelmChart", "chart: https://%{KUBERNETES_API}%/static/charts/web-2.0.0.tgz\ntargetNamespace: apps\n");
        installed(2, "red", "1");
        assertThat(settings().getMetadata().getLabels()).containsEntry("chart", "web-2.0.0");
        for (String asked : List.of("chart: web\nversion: 3.0.0\n", "chart: https://%{KUBERNETES_API}%/static/charts/../web-2.0.0.tgz\n", "chart: https://charts.example.org/web-2.0.0.tgz\n")) {
            apply("HelmChart", asked + "targetNamespace: apps\n");
            eventually(() -> assertThat(condition("Failed", "message")).startsWith("spec.chart: there is no chart " + (asked.contains("3.0.0") ? "web of version 3.0.0"
                : asked.substring(7).strip()) + " in " + charts));
        }
        apply("HelmChart", "chart: web\nversion: newest\ntargetNamespace: apps\n");
        eventually(() -> assertThat(condition("Failed", "message")).startsWith("spec.version: improper constraint: \"newest\""));
    }

    @Test void readsGoDurations() {
        assertThat(HelmChartController.timeout("1h30m")).isEqualTo(Duration.ofMinutes(90));
        assertThat(HelmChartController.timeout("300s")).isEqualTo(Duration.ofSeconds(300));
        assertThat(HelmChartController.timeout("1.5s")).isEqualTo(Duration.ofMillis(1500));
        assertThat(HelmChartController.timeout("")).isEqualTo(Duration.ofMinutes(5));
        assertThat(HelmChartController.timeout("soon")).isEqualTo(Duration.ofMinutes(5));
    }
}
