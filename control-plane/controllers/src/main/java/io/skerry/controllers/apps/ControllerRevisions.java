package io.skerry.controllers.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.machinery.json.Json;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The history of a StatefulSet's or DaemonSet's pod template. A revision's data is a patch that brings the template back, which is what
 * {@code kubectl rollout undo} sends.
 */
final class ControllerRevisions {
    static final String HASH_LABEL = "controller-revision-hash";
    private static final String[] TEMPLATE = {"spec", "template"};

    private final Informers informers;

    ControllerRevisions(Informers informers) {
        this.informers = informers;
    }

    /** The owner's revisions, oldest first. */
    List<ControllerRevision> of(HasMetadata owner) {
        return informers.ownedBy(ControllerRevision.class, owner.getMetadata().getUid()).stream().filter(r -> OwnerReferences.isControlledBy(r, owner))
            .sorted(Comparator.comparingLong(ControllerRevision::getRevision).thenComparing(r -> r.getMetadata().getName())).toList();
    }

    /**
     * The revision of this template; made, or given the highest number if it is an old one that is wanted again.
     *
     * @throws KubernetesClientException 409 if the name belongs to another template; count the collision and try again
     */
    ControllerRevision current(HasMetadata owner, PodTemplateSpec template, Integer collisionCount, Map<String, String> labels) {
        ObjectNode data = data(template);
        List<ControllerRevision> all = of(owner);
        long highest = all.isEmpty() ? 0 : all.getLast().getRevision();
        ControllerRevision equal = all.reversed().stream().filter(r -> data.equals(tree(r))).findFirst().orElse(null);
        var api = informers.client().apps().controllerRevisions().inNamespace(owner.getMetadata().getNamespace());
        if (equal != null) {
            if (equal.getRevision() == highest) return equal;
            return informers.awaitSeen(api.resource(new ControllerRevisionBuilder(equal).withRevision(highest + 1).build()).update());
        }
        String hash = PodTemplateHash.of(data, collisionCount);
        Map<String, String> all2 = new LinkedHashMap<>(labels);
        all2.put(HASH_LABEL, hash);
        ControllerRevision fresh = new ControllerRevisionBuilder().withNewMetadata().withNamespace(owner.getMetadata().getNamespace())
            .withName(owner.getMetadata().getName() + "-" + hash).withLabels(all2).withOwnerReferences(OwnerReferences.controller(owner)).endMetadata()
            .withRevision(highest + 1).withData(data).build();
        try {
            return informers.awaitSeen(api.resource(fresh).create());
        } catch (KubernetesClientException e) {
            ControllerRevision there = e.getCode() == 409 ? api.withName(fresh.getMetadata().getName()).get() : null;
            if (there != null && OwnerReferences.isControlledBy(there, owner) && data.equals(tree(there))) return there;
            throw e;
        }
    }

    private ObjectNode data(PodTemplateSpec template) {
        ObjectNode t = informers.client().getKubernetesSerialization().convertValue(template, ObjectNode.class);
        t.put("$patch", "replace");
        ObjectNode data = Json.object();
        data.putObject("spec").set("template", t);
        return (ObjectNode) PodTemplates.comparable(data, TEMPLATE);
    }

    private JsonNode tree(ControllerRevision r) {
        return PodTemplates.comparable(informers.client().getKubernetesSerialization().convertValue(r.getData(), JsonNode.class), TEMPLATE);
    }

    /** The template that a revision keeps. */
    PodTemplateSpec template(ControllerRevision r) {
        ObjectNode t = ((ObjectNode) tree(r).path("spec").path("template")).deepCopy();
        t.remove("$patch");
        return informers.client().getKubernetesSerialization().convertValue(t, PodTemplateSpec.class);
    }

    static String hash(ControllerRevision r) {
        return r.getMetadata().getLabels() == null ? "" : Objects.requireNonNullElse(r.getMetadata().getLabels().get(HASH_LABEL), "");
    }

    /** Deletes the oldest revisions beyond the limit, except those named in {@code live}. */
    void clear(HasMetadata owner, Integer limit, Collection<String> live) {
        List<ControllerRevision> dead = of(owner).stream().filter(r -> !live.contains(r.getMetadata().getName())).toList();
        int keep = limit == null ? 10 : limit;
        for (ControllerRevision r : dead.subList(0, Math.max(0, dead.size() - keep))) {
            informers.client().apps().controllerRevisions().inNamespace(r.getMetadata().getNamespace()).withName(r.getMetadata().getName()).delete();
            informers.awaitDeletionSeen(r);
        }
    }
}
