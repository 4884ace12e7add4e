package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetSpec;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.skerry.controllers.runtime.Informers;

/** Keeps as many pods of a ReplicaSet's template as {@code spec.replicas} says. */
public final class ReplicaSetController extends ReplicasController<ReplicaSet> {
    public ReplicaSetController(Informers informers) {
        super(informers, ReplicaSet.class);
    }

    @Override public String name() { return "replicaset-controller"; }

    @Override ReplicaSetSpec spec(ReplicaSet rs) { return rs.getSpec(); }

    @Override ReplicaSetStatus status(ReplicaSet rs) { return rs.getStatus() == null ? new ReplicaSetStatus() : rs.getStatus(); }

    @Override ReplicaSet write(ReplicaSet rs, ReplicaSetStatus status) {
        return informers.client().apps().replicaSets().inNamespace(rs.getMetadata().getNamespace())
            .resource(new ReplicaSetBuilder(rs).withStatus(status).build()).updateStatus();
    }
}
