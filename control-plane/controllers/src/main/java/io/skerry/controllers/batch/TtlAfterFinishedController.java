package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Pods;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Deletes finished Jobs {@code spec.ttlSecondsAfterFinished} after their end. */
public final class TtlAfterFinishedController implements Controller {
    private final Informers informers;

    public TtlAfterFinishedController(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "ttl-after-finished-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(Job.class)); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Job.class); }

    @Override public void reconcile(Key key) {
        Job job = informers.get(Job.class, key);
        if (job == null || job.getMetadata().getDeletionTimestamp() != null || job.getSpec().getTtlSecondsAfterFinished() == null) return;
        JobCondition end = JobConditions.find(job, "Complete").or(() -> JobConditions.find(job, "Failed")).orElse(null);
        if (end == null) return;
        Instant over = Pods.time(end.getLastTransitionTime()).plusSeconds(job.getSpec().getTtlSecondsAfterFinished());
        if (over.isAfter(Instant.now())) {
            Requeue.at(over);
            return;
        }
        Deletion.delete(informers.client(), "/apis/batch/v1/namespaces/" + key.namespace() + "/jobs/" + key.name(), job.getMetadata().getUid(),
            job.getMetadata().getResourceVersion(), DeletionPropagation.FOREGROUND, null);
    }
}
