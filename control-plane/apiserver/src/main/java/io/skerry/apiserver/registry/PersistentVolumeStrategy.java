package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

/** Persistent volumes: born Pending, and told when they came into their phase (KEP-3762). */
final class PersistentVolumeStrategy extends Strategy {
    private static final String CHANGED = "lastPhaseTransitionTime";

    PersistentVolumeStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public void prepareForCreate(ObjectNode volume) {
        super.prepareForCreate(volume);
        volume.putObject("status").put("phase", "Pending").put(CHANGED, Pipeline.now().toString());
    }

    /** A client that knows the time may tell it with the phase. */
    @Override
    public void prepareForStatusUpdate(ObjectNode updated, ObjectNode old) {
        super.prepareForStatusUpdate(updated, old);
        String before = Json.text(old, "status", CHANGED);
        String told = Json.text(updated, "status", CHANGED);
        boolean moved = !Json.text(updated, "status", "phase").equals(Json.text(old, "status", "phase"));
        if (moved && (told.isEmpty() || told.equals(before))) {
            Json.ensureObject(updated, "status").put(CHANGED, Pipeline.now().toString());
        }
    }
}
