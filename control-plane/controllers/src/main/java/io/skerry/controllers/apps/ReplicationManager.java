package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.ReplicationControllerBuilder;
import io.fabric8.kubernetes.api.model.ReplicationControllerCondition;
import io.fabric8.kubernetes.api.model.ReplicationControllerConditionBuilder;
import io.fabric8.kubernetes.api.model.ReplicationControllerSpec;
import io.fabric8.kubernetes.api.model.ReplicationControllerStatus;
import io.fabric8.kubernetes.api.model.ReplicationControllerStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetSpec;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
import io.skerry.controllers.runtime.Informers;

/** Keeps as many pods of a ReplicationController's template as {@code spec.replicas} says; upstream's name for what acts on that type. */
public final class ReplicationManager extends ReplicasController<ReplicationController> {
    public ReplicationManager(Informers informers) {
        super(informers, ReplicationController.class);
    }

    @Override public String name() { return "replication-controller"; }

    @Override ReplicaSetSpec spec(ReplicationController rc) {
        ReplicationControllerSpec spec = rc.getSpec();
        return new ReplicaSetSpecBuilder().withReplicas(spec.getReplicas()).withMinReadySeconds(spec.getMinReadySeconds()).withTemplate(spec.getTemplate())
            .withNewSelector().withMatchLabels(spec.getSelector()).endSelector().build();
    }

    @Override ReplicaSetStatus status(ReplicationController rc) {
        ReplicationControllerStatus status = rc.getStatus();
        if (status == null) return new ReplicaSetStatus();
        return new ReplicaSetStatusBuilder().withReplicas(status.getReplicas()).withFullyLabeledReplicas(status.getFullyLabeledReplicas())
            .withReadyReplicas(status.getReadyReplicas()).withAvailableReplicas(status.getAvailableReplicas())
            .withObservedGeneration(status.getObservedGeneration())
            .withConditions(status.getConditions().stream().map(ReplicationManager::condition).toList()).build();
    }

    @Override ReplicationController write(ReplicationController rc, ReplicaSetStatus status) {
        ReplicationControllerStatus written = new ReplicationControllerStatusBuilder().withReplicas(status.getReplicas())
            .withFullyLabeledReplicas(status.getFullyLabeledReplicas()).withReadyReplicas(status.getReadyReplicas())
            .withAvailableReplicas(status.getAvailableReplicas()).withObservedGeneration(status.getObservedGeneration())
            .withConditions(status.getConditions().stream().map(ReplicationManager::condition).toList()).build();
        return informers.client().replicationControllers().inNamespace(rc.getMetadata().getNamespace())
            .resource(new ReplicationControllerBuilder(rc).withStatus(written).build()).updateStatus();
    }

    private static ReplicaSetCondition condition(ReplicationControllerCondition c) {
        return new ReplicaSetConditionBuilder().withType(c.getType()).withStatus(c.getStatus()).withReason(c.getReason()).withMessage(c.getMessage())
            .withLastTransitionTime(c.getLastTransitionTime()).build();
    }

    private static ReplicationControllerCondition condition(ReplicaSetCondition c) {
        return new ReplicationControllerConditionBuilder().withType(c.getType()).withStatus(c.getStatus()).withReason(c.getReason())
            .withMessage(c.getMessage()).withLastTransitionTime(c.getLastTransitionTime()).build();
    }
}
