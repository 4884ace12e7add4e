package io.skerry.controllers.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Patch;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which objects are a workload's own: those it controls and that match its selector. Matching ones that nobody controls are adopted,
 * controlled ones that no longer match are released (<a
 * href="https://github.com/kubernetes/design-proposals-archive/blob/main/api-machinery/controller-ref.md">controller references</a>).
 */
public final class Claim {
    private final Informers informers;

    public Claim(Informers informers) {
        this.informers = informers;
    }

    /** The candidates that belong to {@code owner} after adopting and releasing. */
    public <T extends HasMetadata> List<T> claim(HasMetadata owner, LabelSelector selector, List<T> candidates) {
        List<T> own = new ArrayList<>();
        boolean ownerLives = owner.getMetadata().getDeletionTimestamp() == null;
        Boolean mayAdopt = null;
        for (T candidate : candidates) {
            Optional<OwnerReference> controller = OwnerReferences.controllerOf(candidate);
            boolean matches = LabelSelectors.matches(selector, candidate.getMetadata().getLabels());
            if (controller.isPresent()) {
                if (!controller.get().getUid().equals(owner.getMetadata().getUid())) continue;
                if (matches) own.add(candidate);
                else if (ownerLives) release(owner, candidate);
            } else if (matches && ownerLives && candidate.getMetadata().getDeletionTimestamp() == null) {
                if (mayAdopt == null) mayAdopt = isStillThere(owner);
                if (mayAdopt) adopt(owner, candidate).ifPresent(own::add);
            }
        }
        return own;
    }

    /** Asks the server, not the cache: an owner that was deleted a moment ago must not catch new children. */
    private boolean isStillThere(HasMetadata owner) {
        HasMetadata live = informers.client().resource(owner).get();
        return live != null && live.getMetadata().getUid().equals(owner.getMetadata().getUid()) && live.getMetadata().getDeletionTimestamp() == null;
    }

    private <T extends HasMetadata> Optional<T> adopt(HasMetadata owner, T object) {
        OwnerReference r = OwnerReferences.controller(owner);
        var patch = Json.object();
        var metadata = patch.putObject("metadata").put("uid", object.getMetadata().getUid());
        metadata.putArray("ownerReferences").addObject().put("apiVersion", r.getApiVersion()).put("kind", r.getKind()).put("name", r.getName())
            .put("uid", r.getUid()).put("controller", true).put("blockOwnerDeletion", true);
        return patch(object, patch);
    }

    private <T extends HasMetadata> void release(HasMetadata owner, T object) {
        var patch = Json.object();
        var metadata = patch.putObject("metadata").put("uid", object.getMetadata().getUid());
        metadata.putArray("ownerReferences").addObject().put("$patch", "delete").put("uid", owner.getMetadata().getUid());
        patch(object, patch);
    }

    private <T extends HasMetadata> Optional<T> patch(T object, ObjectNode patch) {
        try {
            T patched = Patch.STRATEGIC.send(informers.client(), object, null, patch);
            return Optional.of(informers.awaitSeen(patched));
        } catch (KubernetesClientException e) {
            // gone (404), or another object by that name by now (409, 422: the uid differs): not ours either way
            if (e.getCode() == 404 || e.getCode() == 409 || e.getCode() == 422) return Optional.empty();
            throw e;
        }
    }
}
