package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;

/**
 * Persistent volume claims: born Pending. What a volume is filled from may be said in dataSource or in dataSourceRef, and is then found in
 * both (KEP-1495); dataSource knows only claims and snapshots, and forgets all else.
 */
final class ClaimStrategy extends Strategy {
    private static final List<String> REFERENCE = List.of("apiGroup", "kind", "name");

    ClaimStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public void prepareForCreate(ObjectNode claim) {
        super.prepareForCreate(claim);
        claim.putObject("status").put("phase", "Pending");
        if (claim.get("spec") instanceof ObjectNode spec) {
            if (!isClaimOrSnapshot(spec.path("dataSource"))) {
                spec.remove("dataSource");
            }
            sameSource(spec);
        }
    }

    /** Claims of before had only the one of the two that was set. */
    @Override
    public void prepareForUpdate(ObjectNode updated, ObjectNode old) {
        super.prepareForUpdate(updated, old);
        if (updated.get("spec") instanceof ObjectNode spec && (old.path("spec").has("dataSource") || old.path("spec").has("dataSourceRef"))) {
            sameSource(spec);
        }
    }

    private static boolean isClaimOrSnapshot(JsonNode source) {
        String kind = Json.text(source, "kind");
        String group = Json.text(source, "apiGroup");
        return kind.equals("PersistentVolumeClaim") && group.isEmpty() || kind.equals("VolumeSnapshot") && group.equals("snapshot.storage.k8s.io");
    }

    private static void sameSource(ObjectNode spec) {
        if (spec.get("dataSource") instanceof ObjectNode source && !spec.hasNonNull("dataSourceRef")) {
            spec.set("dataSourceRef", source.deepCopy());
        } else if (spec.get("dataSourceRef") instanceof ObjectNode reference && !spec.hasNonNull("dataSource") && Json.text(reference, "namespace").isEmpty()) {
            spec.set("dataSource", reference.deepCopy().retain(REFERENCE));
        }
    }
}
