package io.skerry.scripts.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.Release;
import io.skerry.scripts.DemoStack;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Real Helm, in the process of the tests, with a chart from a folder. The tests are the life of one release, in order. */
@Client("Helm")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HelmIT {
    private static final String HOOK = """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: %1$s
              annotations: {"helm.sh/hook": %2$s, "helm.sh/hook-delete-policy": before-hook-creation}
            spec:
              backoffLimit: 0
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: "%3$s", command: [sh, -c, "echo %2$s {{ .Values.colour }}"]}]
            """;
    private static Scene scene;
    @TempDir
    private static Path chart;

    @BeforeAll
    static void prepare(DemoStack stack) throws Exception {
        scene = new Scene(stack, "helm");
        Files.writeString(chart.resolve("Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
        Files.writeString(chart.resolve("values.yaml"), "colour: red\nimage: " + Scene.IMAGE + "\n");
        Files.createDirectories(chart.resolve("templates"));
        Files.createDirectories(chart.resolve("crds"));
        Files.writeString(chart.resolve("crds/widgets.yaml"), Scene.widgets("helm.example.org"));
        Files.writeString(chart.resolve("templates/widget.yaml"), "apiVersion: helm.example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec: {colour: '{{ .Values.colour }}'}\n");
        Files.writeString(chart.resolve("templates/deployment.yaml"), Scene.deployment("shop", 1).replace("\"" + Scene.IMAGE + "\"", "'{{ .Values.image }}'"));
        Files.writeString(chart.resolve("templates/before.yaml"), HOOK.formatted("before", "pre-install", Scene.IMAGE));
        Files.writeString(chart.resolve("templates/after.yaml"), HOOK.formatted("after", "post-upgrade", Scene.IMAGE));
        Files.writeString(chart.resolve("templates/test.yaml"), HOOK.formatted("check", "test", Scene.IMAGE));
    }

    @AfterAll
    static void clean() throws Exception {
        scene.stack.kubectl.run("delete", "crd", "widgets.helm.example.org");
        scene.close();
    }

    private static String get(String what, String path) throws Exception {
        return scene.stack.kubectl.out("get", what, "-n", "helm", "-o", "jsonpath={" + path + "}");
    }

    @Test
    @Order(1)
    @Shows({"install, waiting until ready", "custom resource definitions of a chart", "hooks: pre-install, post-upgrade"})
    void install() throws Exception {
        Release release = new Helm(chart).install().withName("shop").withNamespace("helm").withKubeConfig(scene.stack.kubeconfig()).waitReady().withTimeout(90).call();
        assertThat(release.getStatus()).isEqualTo("deployed");
        assertThat(get("deployment/shop", ".status.readyReplicas")).isEqualTo("1");
        assertThat(get("widgets.helm.example.org/w", ".spec.colour")).isEqualTo("red");
        assertThat(get("job/before", ".status.succeeded")).isEqualTo("1");
    }

    @Test
    @Order(2)
    @Shows({"upgrade", "list, status and history"})
    void upgrade() throws Exception {
        Release release = new Helm(chart).upgrade().withName("shop").withNamespace("helm").withKubeConfig(scene.stack.kubeconfig()).set("colour", "green").waitReady().withTimeout(90).call();
        assertThat(release.getRevision()).isEqualTo("2");
        assertThat(get("widgets.helm.example.org/w", ".spec.colour")).isEqualTo("green");
        assertThat(scene.stack.kubectl.out("logs", "job/after", "-n", "helm")).isEqualTo("post-upgrade green\n");
        assertThat(Helm.list().withNamespace("helm").withKubeConfig(scene.stack.kubeconfig()).call()).extracting(Release::getName).containsExactly("shop");
        assertThat(Helm.status("shop").withNamespace("helm").withKubeConfig(scene.stack.kubeconfig()).call().getStatus()).isEqualTo("deployed");
        assertThat(Helm.history("shop").withNamespace("helm").withKubeConfig(scene.stack.kubeconfig()).call()).hasSize(2);
    }

    @Test
    @Order(3)
    @Shows("test")
    void test() throws Exception {
        Helm.test("shop").withNamespace("helm").withKubeConfig(scene.stack.kubeconfig()).withTimeout(60).call();
        assertThat(scene.stack.kubectl.out("logs", "job/check", "-n", "helm")).startsWith("test ");
    }

    @Test
    @Order(4)
    @Shows("rollback, of an atomic upgrade that does not become ready")
    void rollback() throws Exception {
        assertThatThrownBy(() -> new Helm(chart).upgrade().withName("shop").withNamespace("helm").withKubeConfig(scene.stack.kubeconfig())
                .set("colour", "blue").set("image", "docker.io/skerry/none:1").atomic().withTimeout(8).call()).hasMessageContaining("rolled back");
        assertThat(get("widgets.helm.example.org/w", ".spec.colour")).isEqualTo("green");
        assertThat(get("deployment/shop", ".spec.template.spec.containers[0].image")).isEqualTo(Scene.IMAGE);
    }

    @Test
    @Order(5)
    @Shows("uninstall, which leaves definitions")
    void uninstall() throws Exception {
        Helm.uninstall("shop").withNamespace("helm").withKubeConfig(scene.stack.kubeconfig()).call();
        List<String> left = scene.stack.kubectl.out("get", "deployments,widgets.helm.example.org,secrets", "-n", "helm", "-o", "name").lines().toList();
        assertThat(left).isEmpty();
        assertThat(scene.stack.kubectl.out("get", "crd", "widgets.helm.example.org", "-o", "name")).isNotBlank();
    }
}
