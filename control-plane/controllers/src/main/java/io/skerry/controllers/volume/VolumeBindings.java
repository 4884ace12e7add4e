package io.skerry.controllers.volume;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatus;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Patch;
import io.skerry.machinery.json.Json;

/**
 * What is written to volumes and claims to bind them. Each write is a merge patch with the resourceVersion of what was looked at: it fails
 * with a conflict when somebody else wrote meanwhile, and leaves fields alone that this version does not know. What is right already is not
 * written.
 */
public final class VolumeBindings {
    private final Informers informers;

    public VolumeBindings(Informers informers) {
        this.informers = informers;
    }

    /** Both sides, the volume first: its claimRef is what a binding that was cut short is found again by. */
    void bind(PersistentVolume volume, PersistentVolumeClaim claim) {
        PersistentVolume bound = phase(reserve(volume, claim), "Bound", "");
        status(complete(claim, bound), "Bound", bound);
    }

    /** Makes the volume this claim's; the binder then does the rest. */
    public PersistentVolume reserve(PersistentVolume volume, PersistentVolumeClaim claim) {
        boolean ours = VolumeMatching.isBound(volume, claim);
        if (ours && claim.getMetadata().getUid().equals(volume.getSpec().getClaimRef().getUid())) return volume;
        ObjectNode patch = patch(volume);
        if (!ours) annotate(patch, VolumeAnnotations.BOUND_BY_CONTROLLER, "yes");
        ObjectReference ref = EventRecorder.reference(claim);
        Json.ensureObject(patch, "spec").putObject("claimRef").put("apiVersion", ref.getApiVersion()).put("kind", ref.getKind()).put("namespace", ref.getNamespace())
            .put("name", ref.getName()).put("uid", ref.getUid()).put("resourceVersion", ref.getResourceVersion());
        return send(volume, null, patch);
    }

    private PersistentVolumeClaim complete(PersistentVolumeClaim claim, PersistentVolume volume) {
        boolean named = volume.getMetadata().getName().equals(claim.getSpec().getVolumeName());
        if (named && VolumeAnnotations.has(claim, VolumeAnnotations.BIND_COMPLETED)) return claim;
        ObjectNode patch = patch(claim);
        annotate(patch, VolumeAnnotations.BIND_COMPLETED, "yes");
        if (!named) {
            annotate(patch, VolumeAnnotations.BOUND_BY_CONTROLLER, "yes");
            patch.putObject("spec").put("volumeName", volume.getMetadata().getName());
        }
        return send(claim, null, patch);
    }

    /** Gives a volume back whose claim has another one. A volume that its maker had kept for the claim stays kept for it. */
    void unbind(PersistentVolume volume) {
        ObjectNode patch = patch(volume);
        if (VolumeAnnotations.has(volume, VolumeAnnotations.BOUND_BY_CONTROLLER)) {
            annotate(patch, VolumeAnnotations.BOUND_BY_CONTROLLER, null);
            patch.putObject("spec").putNull("claimRef");
        } else {
            patch.putObject("spec").putObject("claimRef").putNull("uid");
        }
        phase(send(volume, null, patch), "Available", "");
    }

    /** @param message for people; "" for none */
    PersistentVolume phase(PersistentVolume volume, String phase, String message) {
        if (volume.getStatus() != null && phase.equals(volume.getStatus().getPhase())) return volume;
        ObjectNode patch = patch(volume);
        patch.putObject("status").put("phase", phase).put("message", message.isEmpty() ? null : message);
        return send(volume, "status", patch);
    }

    /** @param volume what the claim has got; null for nothing */
    void status(PersistentVolumeClaim claim, String phase, PersistentVolume volume) {
        PersistentVolumeClaimStatus there = claim.getStatus() == null ? new PersistentVolumeClaimStatus() : claim.getStatus();
        ObjectNode status = Json.object();
        boolean moved = !phase.equals(there.getPhase());
        if (moved) status.put("phase", phase);
        if (volume == null) {
            if (!there.getAccessModes().isEmpty()) status.putNull("accessModes");
            if (there.getCapacity() != null && !there.getCapacity().isEmpty()) status.putNull("capacity");
        } else {
            if (!volume.getSpec().getAccessModes().equals(there.getAccessModes())) {
                ArrayNode modes = status.putArray("accessModes");
                volume.getSpec().getAccessModes().forEach(modes::add);
            }
            // Only on the way to Bound: later they may differ on purpose, while a file system is yet to grow to its volume's size.
            if (moved && VolumeMatching.capacity(volume).compareTo(VolumeMatching.storage(there.getCapacity())) != 0) {
                status.putObject("capacity").put("storage", volume.getSpec().getCapacity().get("storage").toString());
            }
        }
        if (status.isEmpty()) return;
        ObjectNode patch = patch(claim);
        patch.set("status", status);
        send(claim, "status", patch);
    }

    /** Gives a claim that names no class the default one. */
    void storageClass(PersistentVolumeClaim claim, String name) {
        ObjectNode patch = patch(claim);
        patch.putObject("spec").put("storageClassName", name);
        send(claim, null, patch);
    }

    /** Tells the provisioner that it is its turn. */
    void provisioner(PersistentVolumeClaim claim, String provisioner) {
        if (provisioner.equals(VolumeAnnotations.get(claim, VolumeAnnotations.PROVISIONER))) return;
        ObjectNode patch = patch(claim);
        annotate(patch, VolumeAnnotations.PROVISIONER, provisioner);
        annotate(patch, VolumeAnnotations.BETA_PROVISIONER, provisioner); // what older provisioners look at
        send(claim, null, patch);
    }

    /** Tells the provisioner for which node to make the volume. */
    public void selectNode(PersistentVolumeClaim claim, String node) {
        if (node.equals(VolumeAnnotations.get(claim, VolumeAnnotations.SELECTED_NODE))) return;
        ObjectNode patch = patch(claim);
        annotate(patch, VolumeAnnotations.SELECTED_NODE, node);
        send(claim, null, patch);
    }

    private static ObjectNode patch(HasMetadata object) {
        ObjectNode patch = Json.object();
        patch.putObject("metadata").put("uid", object.getMetadata().getUid()).put("resourceVersion", object.getMetadata().getResourceVersion());
        return patch;
    }

    /** @param value null takes the annotation away */
    private static void annotate(ObjectNode patch, String name, String value) {
        Json.ensureObject(patch, "metadata", "annotations").put(name, value);
    }

    private <T extends HasMetadata> T send(T object, String subresource, ObjectNode patch) {
        return informers.awaitSeen(Patch.MERGE.send(informers.client(), object, subresource, patch));
    }
}
