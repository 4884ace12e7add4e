package io.skerry.helm.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.helm.Helm;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.chart.UserValues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole charts, against real Helm: the manifests must be the same to the letter. */
class RendererTest {
    @TempDir
    Path dir;

    private void same(Path chart, String values) throws Exception {
        Path file = Files.writeString(dir.resolve("values-" + System.nanoTime() + ".yaml"), values);
        HelmOracle.Result expected = HelmOracle.template(chart, "demo", "ns1", file);
        assertThat(expected.error()).isNull();
        Map<String, Object> user = new UserValues().yaml(values, "values.yaml").toMap();
        Rendered r = Helm.template(Chart.ofFolder(chart), new TemplateRequest("demo", "ns1", user, 1, false, HelmOracle.KUBE_VERSION, Set.of(), null));
        // The library prints the release's manifest, which has no hooks.
        assertThat(r.manifest().strip()).isEqualTo(expected.text().strip());
    }

    @Test
    void rendersWhatHelmCreateMakes() throws Exception {
        com.marcnuri.helm.Helm.create().withName("web").withDir(dir).call();
        Path chart = dir.resolve("web");
        same(chart, "{}");
        same(chart, "replicaCount: 3\nautoscaling: {enabled: true}\ningress: {enabled: true, className: x, annotations: {a: b}, tls: [{secretName: s, hosts: [h]}]}");
        same(chart, "nodeSelector: {disk: ssd}\ntolerations: [{key: a, operator: Exists}]\nresources: {limits: {cpu: 100m}}\nserviceAccount: {create: false, name: x}\nimage: {tag: '1'}\n"
            + "volumes: [{name: v, emptyDir: {}}]\nvolumeMounts: [{name: v, mountPath: /v}]\npodAnnotations: {x: \"1\"}\nfullnameOverride: other");
    }
}
