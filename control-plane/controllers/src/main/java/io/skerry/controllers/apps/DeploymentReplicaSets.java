package io.skerry.controllers.apps;

import static io.skerry.controllers.apps.RollingUpdateMath.replicas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Finds, makes, scales and clears away the ReplicaSets of a Deployment. */
final class DeploymentReplicaSets {
    static final String HASH_LABEL = "pod-template-hash";
    static final Comparator<ReplicaSet> OLDEST_FIRST = Comparator.<ReplicaSet, Instant>comparing(Pods::created)
        .thenComparing(rs -> rs.getMetadata().getName());

    private final Informers informers;
    private final EventRecorder events;

    DeploymentReplicaSets(Informers informers, EventRecorder events) {
        this.informers = informers;
        this.events = events;
    }

    /** The oldest ReplicaSet with the Deployment's current template, or null. */
    ReplicaSet current(Deployment d, List<ReplicaSet> all) {
        PodTemplateSpec wanted = withoutHash(d.getSpec().getTemplate());
        List<ReplicaSet> sorted = all.stream().sorted(OLDEST_FIRST).toList();
        return sorted.stream().filter(rs -> withoutHash(rs.getSpec().getTemplate()).equals(wanted)).findFirst().orElseGet(() -> {
            JsonNode tree = comparable(wanted);
            return sorted.stream().filter(rs -> comparable(withoutHash(rs.getSpec().getTemplate())).equals(tree)).findFirst().orElse(null);
        });
    }

    private JsonNode comparable(PodTemplateSpec template) {
        return PodTemplates.comparable(informers.client().getKubernetesSerialization().convertValue(template, ObjectNode.class));
    }

    private static PodTemplateSpec withoutHash(PodTemplateSpec template) {
        if (template.getMetadata() == null || template.getMetadata().getLabels() == null
            || !template.getMetadata().getLabels().containsKey(HASH_LABEL)) return template;
        return template.edit().editMetadata().removeFromLabels(HASH_LABEL).endMetadata().build();
    }

    /** Brings the current ReplicaSet's revision and annotations up to date, or makes it. @param existing null to make one */
    ReplicaSet ensureCurrent(Deployment d, ReplicaSet existing, List<ReplicaSet> old) {
        long revision = Revisions.highest(old) + 1;
        ReplicaSet rs = existing == null ? create(d, old, revision) : update(d, existing, revision);
        String actual = Revisions.annotations(rs).get(Revisions.REVISION);
        if (actual != null && !actual.equals(Revisions.annotations(d).get(Revisions.REVISION))) {
            var patch = Json.object();
            patch.putObject("metadata").putObject("annotations").put(Revisions.REVISION, actual);
            d = informers.awaitSeen(Patch.MERGE.send(informers.client(), d, "status", patch)); // where it is no change of what is wanted: the generation stays
        }
        List<DeploymentCondition> conditions = DeploymentStatuses.status(d).getConditions();
        if (existing == null || DeploymentStatuses.hasDeadline(d) && DeploymentStatuses.progressing(DeploymentStatuses.status(d)) == null) {
            String name = "\"" + rs.getMetadata().getName() + "\"";
            writeConditions(d, DeploymentConditions.with(conditions, existing == null
                ? DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "True", "NewReplicaSetCreated", "Created new replica set " + name)
                : DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "True", "FoundNewReplicaSet", "Found new replica set " + name)));
        }
        return rs;
    }

    private ReplicaSet update(Deployment d, ReplicaSet rs, long revision) {
        Map<String, String> annotations = Revisions.ofNewReplicaSet(d, Revisions.annotations(rs), revision);
        boolean minReadyDiffers = minReady(d.getSpec().getMinReadySeconds()) != minReady(rs.getSpec().getMinReadySeconds());
        if (annotations.equals(Revisions.annotations(rs)) && !minReadyDiffers) return rs;
        return replace(new ReplicaSetBuilder(rs).editMetadata().withAnnotations(annotations).endMetadata()
            .editSpec().withMinReadySeconds(d.getSpec().getMinReadySeconds()).endSpec().build());
    }

    private static int minReady(Integer seconds) {
        return seconds == null ? 0 : seconds;
    }

    private ReplicaSet create(Deployment d, List<ReplicaSet> old, long revision) {
        JsonNode template = informers.client().getKubernetesSerialization().convertValue(d.getSpec().getTemplate(), ObjectNode.class);
        String hash = PodTemplateHash.of(template, DeploymentStatuses.status(d).getCollisionCount());
        int size = RollingUpdateMath.newReplicas(d, old, 0);
        Map<String, String> annotations = Revisions.withSizes(Revisions.ofNewReplicaSet(d, Map.of(), revision), replicas(d),
            replicas(d) + RollingUpdateMath.maxSurge(d));
        Map<String, String> labels = new LinkedHashMap<>(Objects.requireNonNullElse(d.getSpec().getTemplate().getMetadata().getLabels(), Map.of()));
        labels.put(HASH_LABEL, hash);
        ReplicaSet wanted = new ReplicaSetBuilder()
            .withNewMetadata().withNamespace(d.getMetadata().getNamespace()).withName(d.getMetadata().getName() + "-" + hash)
            .withLabels(labels).withAnnotations(annotations).withOwnerReferences(OwnerReferences.controller(d)).endMetadata()
            .withNewSpec().withReplicas(size).withMinReadySeconds(d.getSpec().getMinReadySeconds())
            .withNewSelectorLike(d.getSpec().getSelector()).addToMatchLabels(HASH_LABEL, hash).endSelector()
            .withTemplate(d.getSpec().getTemplate().edit().editOrNewMetadata().addToLabels(HASH_LABEL, hash).endMetadata().build()).endSpec().build();
        ReplicaSet made;
        try {
            made = informers.client().apps().replicaSets().inNamespace(d.getMetadata().getNamespace()).resource(wanted).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) return taken(d, wanted, e);
            if (!PodControl.isNamespaceTerminating(e)) {
                String message = "Failed to create new replica set \"" + wanted.getMetadata().getName() + "\": " + PodControl.message(e);
                events.warning(d, "ReplicaSetCreateError", message);
                if (DeploymentStatuses.hasDeadline(d)) writeConditions(d, DeploymentConditions.with(DeploymentStatuses.status(d).getConditions(),
                    DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "False", "ReplicaSetCreateError", message)));
            }
            throw e;
        }
        if (size > 0) events.normal(d, "ScalingReplicaSet", "Scaled up replica set " + made.getMetadata().getName() + " from 0 to " + size);
        return informers.awaitSeen(made);
    }

    /** The name exists. Either it is the ReplicaSet wanted, made in a run whose end the cache had not seen, or the hashes of two templates collide. */
    private ReplicaSet taken(Deployment d, ReplicaSet wanted, KubernetesClientException conflict) {
        ReplicaSet there = informers.client().apps().replicaSets().inNamespace(d.getMetadata().getNamespace()).withName(wanted.getMetadata().getName()).get();
        if (there == null) throw conflict;
        if (OwnerReferences.isControlledBy(there, d) && withoutHash(there.getSpec().getTemplate())
            .equals(withoutHash(wanted.getSpec().getTemplate()))) return there;
        Integer count = DeploymentStatuses.status(d).getCollisionCount();
        writeStatus(d, new DeploymentStatusBuilder(DeploymentStatuses.status(d)).withCollisionCount(count == null ? 1 : count + 1).build());
        throw conflict;
    }

    /** Scales and tells of it. @return the ReplicaSet afterwards */
    ReplicaSet scale(Deployment d, ReplicaSet rs, int size) {
        Map<String, String> annotations = Revisions.withSizes(Revisions.annotations(rs), replicas(d), replicas(d) + RollingUpdateMath.maxSurge(d));
        int before = replicas(rs);
        if (before == size && annotations.equals(Revisions.annotations(rs))) return rs;
        ReplicaSet after = replace(new ReplicaSetBuilder(rs).editMetadata().withAnnotations(annotations).endMetadata().editSpec().withReplicas(size)
            .endSpec().build());
        if (before != size) events.normal(d, "ScalingReplicaSet",
            "Scaled " + (size > before ? "up" : "down") + " replica set " + rs.getMetadata().getName() + " from " + before + " to " + size);
        return after;
    }

    private ReplicaSet replace(ReplicaSet rs) {
        return informers.awaitSeen(informers.client().apps().replicaSets().inNamespace(rs.getMetadata().getNamespace()).resource(rs).update());
    }

    /** Deletes old, empty ReplicaSets beyond {@code spec.revisionHistoryLimit}, lowest revisions first. */
    void clearHistory(Deployment d, List<ReplicaSet> old) {
        Integer limit = d.getSpec().getRevisionHistoryLimit();
        if (limit == null || limit == Integer.MAX_VALUE) return;
        List<ReplicaSet> candidates = old.stream().filter(rs -> rs.getMetadata().getDeletionTimestamp() == null)
            .sorted(Comparator.comparingLong((ReplicaSet rs) -> Revisions.of(rs)).thenComparing(OLDEST_FIRST)).toList();
        for (ReplicaSet rs : candidates.subList(0, Math.max(0, candidates.size() - limit))) {
            boolean settled = rs.getStatus() != null && Objects.equals(rs.getStatus().getObservedGeneration(), rs.getMetadata().getGeneration());
            if (RollingUpdateMath.actual(rs) != 0 || replicas(rs) != 0 || !settled) continue;
            informers.client().apps().replicaSets().inNamespace(rs.getMetadata().getNamespace()).withName(rs.getMetadata().getName()).delete();
            informers.awaitDeletionSeen(rs);
        }
    }

    private void writeConditions(Deployment d, List<DeploymentCondition> conditions) {
        writeStatus(d, new DeploymentStatusBuilder(DeploymentStatuses.status(d)).withConditions(conditions).build());
    }

    /** Writes the status if it differs. */
    void writeStatus(Deployment d, DeploymentStatus status) {
        if (DeploymentStatuses.same(DeploymentStatuses.status(d), status)) return;
        informers.awaitSeen(informers.client().apps().deployments().inNamespace(d.getMetadata().getNamespace())
            .resource(new DeploymentBuilder(d).withStatus(status).build()).updateStatus());
    }
}
