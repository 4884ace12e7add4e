package io.skerry.controllers;

import io.skerry.controllers.apps.DaemonSetController;
import io.skerry.controllers.apps.DeploymentController;
import io.skerry.controllers.apps.ReplicaSetController;
import io.skerry.controllers.apps.ReplicationManager;
import io.skerry.controllers.apps.StatefulSetController;
import io.skerry.controllers.autoscaling.AutoscalerOptions;
import io.skerry.controllers.autoscaling.HorizontalPodAutoscalerController;
import io.skerry.controllers.batch.CronJobController;
import io.skerry.controllers.batch.JobController;
import io.skerry.controllers.batch.TtlAfterFinishedController;
import io.skerry.controllers.core.CertificateRequestCleaner;
import io.skerry.controllers.core.NamespaceController;
import io.skerry.controllers.core.RootCaPublisher;
import io.skerry.controllers.core.ServiceAccountController;
import io.skerry.controllers.core.TokenCleaner;
import io.skerry.controllers.core.TokensController;
import io.skerry.controllers.gc.GarbageCollector;
import io.skerry.controllers.helm.HelmChartController;
import io.skerry.controllers.manifests.ManifestsFolder;
import io.skerry.controllers.network.EndpointSliceController;
import io.skerry.controllers.network.EndpointSliceMirroringController;
import io.skerry.controllers.network.EndpointsController;
import io.skerry.controllers.node.NodeLifecycleController;
import io.skerry.controllers.node.PodGarbageCollector;
import io.skerry.controllers.node.TaintEvictionController;
import io.skerry.controllers.policy.DisruptionController;
import io.skerry.controllers.rbac.ClusterRoleAggregationController;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.volume.EphemeralVolumeController;
import io.skerry.controllers.volume.PersistentVolumeController;
import io.skerry.machinery.schema.TypeTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** All controllers of this module, ready for a {@code ControllerManager}. */
public final class BuiltinControllers {
    /**
     * What differs between appliances.
     *
     * @param caPem the API server's CA certificates in PEM, published as kube-root-ca.crt; null to publish none
     * @param tokens signs the tokens in Secrets of type kubernetes.io/service-account-token; null to leave those empty
     * @param manifests the folder whose manifests are applied; null for none
     * @param charts the folder with packaged charts that a HelmChart can name; null for none
     * @param autoscaling how HorizontalPodAutoscalers are looked after
     * @param disabled names of controllers to leave out
     */
    public record Options(String caPem, TokensController.Signer tokens, Path manifests, Path charts, AutoscalerOptions autoscaling, Set<String> disabled) {
        public Options {
            disabled = disabled == null ? Set.of() : Set.copyOf(disabled);
        }
    }

    private BuiltinControllers() {}

    public static List<Controller> all(Informers informers, Options options) {
        List<Controller> all = new ArrayList<>(List.of(
            new ServiceAccountController(informers),
            new NamespaceController(informers),
            new DeploymentController(informers),
            new ReplicaSetController(informers),
            new ReplicationManager(informers),
            new StatefulSetController(informers),
            new DaemonSetController(informers),
            new JobController(informers),
            new CronJobController(informers),
            new TtlAfterFinishedController(informers),
            new EndpointSliceController(informers),
            new EndpointsController(informers),
            new EndpointSliceMirroringController(informers),
            new GarbageCollector(informers),
            new NodeLifecycleController(informers),
            new TaintEvictionController(informers),
            new PodGarbageCollector(informers),
            new DisruptionController(informers),
            new PersistentVolumeController(informers),
            new EphemeralVolumeController(informers),
            new HorizontalPodAutoscalerController(informers, options.autoscaling()),
            new ClusterRoleAggregationController(informers),
            new CertificateRequestCleaner(informers),
            new TokenCleaner(informers)));
        if (options.caPem() != null) all.addFirst(new RootCaPublisher(informers, options.caPem()));
        if (options.tokens() != null) all.add(new TokensController(informers, options.tokens(), options.caPem()));
        all.add(new HelmChartController(informers, TypeTable.builtin(), options.charts()));
        if (options.manifests() != null) all.add(new ManifestsFolder(informers, options.manifests()));
        all.removeIf(c -> options.disabled().contains(c.name()));
        return List.copyOf(all);
    }
}
