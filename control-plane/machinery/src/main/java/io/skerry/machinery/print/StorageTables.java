package io.skerry.machinery.print;

import static io.skerry.machinery.print.Table.age;
import static io.skerry.machinery.print.Table.name;
import static io.skerry.machinery.print.Table.or;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Volumes, claims, classes and CSI. */
final class StorageTables {

    private static final Map<String, String> ACCESS_MODES = Map.of("ReadWriteOnce", "RWO", "ReadOnlyMany", "ROX", "ReadWriteMany", "RWX", "ReadWriteOncePod", "RWOP");
    private static final List<String> ACCESS_ORDER = List.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod");

    private StorageTables() {}

    static void declare(Map<String, Table> tables) {
        tables.put("persistentvolumes", Table.of(
            "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|*VolumeMode", StorageTables::volume));
        tables.put("persistentvolumeclaims", Table.of(
            "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|*VolumeMode", StorageTables::claim));
        tables.put("storageclasses.storage.k8s.io", Table.of("Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age", (o, now) -> new Object[] {
            name(o) + (isDefault(o) ? " (default)" : ""), Json.text(o, "provisioner"), or(Json.text(o, "reclaimPolicy"), "Delete"),
            or(Json.text(o, "volumeBindingMode"), "Immediate"), o.path("allowVolumeExpansion").asBoolean(), age(o, now)}));
        tables.put("volumeattributesclasses.storage.k8s.io", Table.of("Name|DriverName|Age", (o, now) -> new Object[] {name(o), Json.text(o, "driverName"), age(o, now)}));
        tables.put("volumeattachments.storage.k8s.io", Table.of("Name|Attacher|PV|Node|Attached:boolean|Age", (o, now) -> new Object[] {name(o), Json.text(o, "spec", "attacher"),
            Json.text(o, "spec", "source", "persistentVolumeName"), Json.text(o, "spec", "nodeName"), Json.at(o, "status", "attached").asBoolean(), age(o, now)}));
        tables.put("csinodes.storage.k8s.io", Table.of("Name|Drivers:integer|Age", (o, now) -> new Object[] {name(o), (long) Json.at(o, "spec", "drivers").size(), age(o, now)}));
        tables.put("csidrivers.storage.k8s.io", Table.of("Name|AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests|RequiresRepublish:boolean|Modes|Age",
            (o, now) -> new Object[] {name(o), Json.at(o, "spec", "attachRequired").asBoolean(true), Json.at(o, "spec", "podInfoOnMount").asBoolean(),
                Json.at(o, "spec", "storageCapacity").asBoolean(), or(Formats.joined(Json.at(o, "spec", "tokenRequests"), ",", "audience"), "<unset>"),
                Json.at(o, "spec", "requiresRepublish").asBoolean(), or(Formats.joined(Json.at(o, "spec", "volumeLifecycleModes"), ","), "<none>"), age(o, now)}));
        tables.put("csistoragecapacities.storage.k8s.io", Table.of("Name|StorageClassName|Capacity", (o, now) -> new Object[] {
            name(o), Json.text(o, "storageClassName"), or(Json.text(o, "capacity"), "<unset>")}));
    }

    private static Object[] volume(JsonNode o, Instant now) {
        JsonNode claim = Json.at(o, "spec", "claimRef");
        return new Object[] {name(o), Json.text(o, "spec", "capacity", "storage"), accessModes(Json.at(o, "spec", "accessModes")),
            Json.text(o, "spec", "persistentVolumeReclaimPolicy"), Table.deleting(o) ? "Terminating" : Json.text(o, "status", "phase"),
            claim.isObject() ? Json.text(claim, "namespace") + "/" + Json.text(claim, "name") : "", storageClass(o),
            or(Json.text(o, "spec", "volumeAttributesClassName"), "<unset>"), Json.text(o, "status", "reason"), age(o, now), or(Json.text(o, "spec", "volumeMode"), "<unset>")};
    }

    private static Object[] claim(JsonNode o, Instant now) {
        String volume = Json.text(o, "spec", "volumeName");
        return new Object[] {name(o), Table.deleting(o) ? "Terminating" : Json.text(o, "status", "phase"), volume,
            volume.isEmpty() ? "" : Json.text(o, "status", "capacity", "storage"), volume.isEmpty() ? "" : accessModes(Json.at(o, "status", "accessModes")),
            storageClass(o), or(Json.text(o, "spec", "volumeAttributesClassName"), "<unset>"), age(o, now), or(Json.text(o, "spec", "volumeMode"), "<unset>")};
    }

    /** The annotation is from before the field, and still wins. */
    private static String storageClass(JsonNode o) {
        return or(Json.text(o, "metadata", "annotations", "volume.beta.kubernetes.io/storage-class"), Json.text(o, "spec", "storageClassName"));
    }

    private static boolean isDefault(JsonNode storageClass) {
        JsonNode annotations = Json.at(storageClass, "metadata", "annotations");
        return Json.text(annotations, "storageclass.kubernetes.io/is-default-class").equals("true")
                || Json.text(annotations, "storageclass.beta.kubernetes.io/is-default-class").equals("true");
    }

    private static String accessModes(JsonNode modes) {
        List<String> given = new ArrayList<>();
        modes.forEach(m -> given.add(m.asText()));
        return String.join(",", ACCESS_ORDER.stream().filter(given::contains).map(ACCESS_MODES::get).toList());
    }
}
