package io.skerry.scripts.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.skerry.scripts.DemoStack;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An operator as people write them: it keeps a ConfigMap for each Widget, tells a status, and cleans up by its finalizer. */
@Client("java-operator-sdk")
class OperatorIT {
    private static final String GROUP = "operator.example.org";
    private static Scene scene;
    private static KubernetesClient client;
    private static Operator operator;
    private static final BlockingQueue<String> CLEANED = new LinkedBlockingQueue<>();

    public static class WidgetSpec {
        public Integer size;
        public String colour;
    }

    public static class WidgetStatus {
        public Integer ready;
        public String note;
    }

    @Group(GROUP)
    @Version("v1")
    public static class Widget extends CustomResource<WidgetSpec, WidgetStatus> implements Namespaced {
    }

    @ControllerConfiguration(name = "widgets")
    public static class WidgetReconciler implements Reconciler<Widget>, Cleaner<Widget> {
        @Override
        public List<EventSource<?, Widget>> prepareEventSources(EventSourceContext<Widget> context) {
            return List.of(new InformerEventSource<>(InformerEventSourceConfiguration.from(ConfigMap.class, Widget.class).build(), context));
        }

        @Override
        public UpdateControl<Widget> reconcile(Widget widget, Context<Widget> context) {
            ConfigMap wanted = new ConfigMapBuilder().withNewMetadata().withName(widget.getMetadata().getName()).withNamespace(widget.getMetadata().getNamespace()).endMetadata()
                    .withData(Map.of("colour", widget.getSpec().colour)).build();
            wanted.addOwnerReference(widget);
            context.getClient().resource(wanted).fieldManager("widgets").forceConflicts().serverSideApply();
            widget.setStatus(new WidgetStatus());
            widget.getStatus().ready = widget.getSpec().size;
            widget.getMetadata().setManagedFields(null);
            return UpdateControl.patchStatus(widget);
        }

        @Override
        public DeleteControl cleanup(Widget widget, Context<Widget> context) {
            CLEANED.add(widget.getMetadata().getName());
            return DeleteControl.defaultDelete();
        }
    }

    @BeforeAll
    static void start(DemoStack stack) throws Exception {
        scene = new Scene(stack, "operator");
        scene.apply(Scene.widgets(GROUP));
        stack.kubectl.out("wait", "crd/widgets." + GROUP, "--for=condition=Established", "--timeout=30s");
        Config config = Config.fromKubeconfig(Files.readString(stack.kubeconfig()));
        config.setNamespace("operator");
        client = new KubernetesClientBuilder().withConfig(config).build();
        operator = new Operator(settings -> settings.withKubernetesClient(client).withCloseClientOnStop(false));
        operator.register(new WidgetReconciler(), settings -> settings.settingNamespace("operator"));
        operator.start();
    }

    @AfterAll
    static void stop() throws Exception {
        operator.stop();
        client.close();
        scene.stack.kubectl.out("delete", "crd", "widgets." + GROUP);
        scene.close();
    }

    @Test
    @Shows({"reconciles a custom type: finalizer, status, owned objects", "mends an owned object that was deleted", "cleans up by its finalizer"})
    void lifeOfAWidget() throws Exception {
        Widget widget = new Widget();
        widget.getMetadata().setName("w");
        widget.setSpec(new WidgetSpec());
        widget.getSpec().colour = "red";
        client.resource(widget).create();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            Widget now = client.resources(Widget.class).withName("w").get();
            assertThat(now.getStatus()).isNotNull();
            assertThat(now.getStatus().ready).isEqualTo(1);
            assertThat(now.getMetadata().getFinalizers()).containsExactly("widgets." + GROUP + "/finalizer");
        });
        client.resources(Widget.class).withName("w").edit(w -> {
            w.getSpec().colour = "green";
            w.getSpec().size = 4;
            return w;
        });
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(client.configMaps().withName("w").get().getData()).containsEntry("colour", "green");
            assertThat(client.resources(Widget.class).withName("w").get().getStatus().ready).isEqualTo(4);
        });
        client.configMaps().withName("w").delete();
        await().atMost(Duration.ofSeconds(30)).until(() -> client.configMaps().withName("w").get() != null);
        client.resources(Widget.class).withName("w").delete();
        assertThat(CLEANED.poll(30, TimeUnit.SECONDS)).isEqualTo("w");
        await().atMost(Duration.ofSeconds(30)).until(() -> client.resources(Widget.class).withName("w").get() == null && client.configMaps().withName("w").get() == null);
    }
}
