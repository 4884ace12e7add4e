package io.skerry.controllers.node;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Pods;
import io.skerry.controllers.workload.Tolerations;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Evicts pods from nodes with NoExecute taints that they do not tolerate, or no longer: {@code tolerationSeconds} counts from the taint's
 * {@code timeAdded}.
 */
public final class TaintEvictionController implements Controller {
    private final Informers informers;
    private final EventRecorder events;

    public TaintEvictionController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
    }

    @Override public String name() { return "taint-eviction-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(new Watch<>(Pod.class, (before, after) -> after == null || after.getSpec().getNodeName() == null || before != null
            && before.getSpec().equals(after.getSpec()) ? List.of() : List.of(Key.of(after))),
            new Watch<>(Node.class, this::podsWhenTaintsChanged));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Pod.class); }

    private Collection<Key> podsWhenTaintsChanged(Node before, Node after) {
        if (after == null || (before == null ? noExecute(after).isEmpty() : noExecute(before).equals(noExecute(after)))) return List.of();
        return informers.podsOnNode(after.getMetadata().getName()).stream().map(Key::of).toList();
    }

    private static List<Taint> noExecute(Node node) {
        return node.getSpec() == null ? List.of() : node.getSpec().getTaints().stream().filter(t -> "NoExecute".equals(t.getEffect())).toList();
    }

    @Override public void reconcile(Key key) {
        Pod pod = informers.get(Pod.class, key);
        if (pod == null || Pods.isTerminating(pod) || pod.getSpec().getNodeName() == null) return;
        Node node = informers.get(Node.class, "", pod.getSpec().getNodeName());
        if (node == null) return;
        Instant now = Instant.now();
        Instant end = null;
        for (Taint t : noExecute(node)) {
            List<Toleration> tolerating = pod.getSpec().getTolerations().stream().filter(o -> Tolerations.tolerate(List.of(o), t)).toList();
            if (tolerating.isEmpty()) {
                evict(pod);
                return;
            }
            // The shortest of the limits counts; without any it may stay.
            Long seconds = tolerating.stream().map(Toleration::getTolerationSeconds).filter(Objects::nonNull).min(Long::compare).orElse(null);
            if (seconds == null) continue;
            Instant since = Pods.time(t.getTimeAdded());
            Instant until = (since == null ? now : since).plusSeconds(Math.max(0, seconds));
            if (end == null || until.isBefore(end)) end = until;
        }
        if (end == null) return;
        if (end.isAfter(now)) Requeue.after(Duration.between(now, end).plusMillis(10));
        else evict(pod);
    }

    private void evict(Pod pod) {
        events.normal(pod, "TaintManagerEviction", "Marking for deletion Pod " + Key.of(pod));
        var patch = Json.object();
        patch.putObject("metadata").put("uid", pod.getMetadata().getUid());
        patch.putObject("status").putArray("conditions").addObject().put("type", "DisruptionTarget").put("status", "True")
            .put("reason", "DeletionByTaintManager")
            .put("message", "Taint manager: deleting due to NoExecute taint")
            .put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        try {
            Patch.STRATEGIC.send(informers.client(), pod, "status", patch);
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) return;
            throw e;
        }
        Deletion.delete(informers.client(), "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName(),
            pod.getMetadata().getUid(), null, null, null);
    }
}
