package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;

/** Volumes of pods, and the sources they share with persistent volumes. */
final class VolumeDefaults {

    /** rw-r--r-- */
    private static final int MODE = 0644;

    private VolumeDefaults() {}

    static void volume(ObjectNode volume) {
        if (volume.properties().stream().allMatch(f -> f.getKey().equals("name") || f.getValue().isNull())) {
            volume.putObject("emptyDir");
        }
        for (String files : new String[] {"secret", "configMap", "downwardAPI", "projected"}) {
            Fill.in(volume, source -> Fill.integer(source, "defaultMode", MODE), files);
        }
        Fill.each(volume, VolumeDefaults::downwardItem, "downwardAPI", "items");
        Fill.each(volume, source -> {
            Fill.in(source, token -> Fill.integer(token, "expirationSeconds", 3600), "serviceAccountToken");
            Fill.each(source, VolumeDefaults::downwardItem, "downwardAPI", "items");
        }, "projected", "sources");
        Fill.in(volume, VolumeDefaults::claimSpec, "ephemeral", "volumeClaimTemplate", "spec");
        Fill.in(volume, image -> Fill.string(image, "pullPolicy", PodDefaults.pullPolicy(Json.text(image, "reference"))), "image");
        source(volume);
    }

    private static void downwardItem(ObjectNode item) {
        Fill.in(item, ref -> Fill.string(ref, "apiVersion", "v1"), "fieldRef");
    }

    /** Also of a persistent volume's spec. */
    static void source(ObjectNode holder) {
        Fill.in(holder, hostPath -> {
            if (!hostPath.hasNonNull("type")) {
                hostPath.put("type", "");
            }
        }, "hostPath");
        Fill.in(holder, iscsi -> Fill.string(iscsi, "iscsiInterface", "default"), "iscsi");
        Fill.in(holder, rbd -> {
            Fill.string(rbd, "pool", "rbd");
            Fill.string(rbd, "user", "admin");
            Fill.string(rbd, "keyring", "/etc/ceph/keyring");
        }, "rbd");
        Fill.in(holder, disk -> {
            Fill.string(disk, "cachingMode", "ReadWrite");
            Fill.string(disk, "kind", "Shared");
            Fill.string(disk, "fsType", "ext4");
            Fill.bool(disk, "readOnly", false);
        }, "azureDisk");
        Fill.in(holder, io -> {
            Fill.string(io, "storageMode", "ThinProvisioned");
            Fill.string(io, "fsType", "xfs");
        }, "scaleIO");
    }

    static void claimSpec(ObjectNode spec) {
        Fill.string(spec, "volumeMode", "Filesystem");
    }

    static void claim(ObjectNode claim) {
        Fill.in(claim, VolumeDefaults::claimSpec, "spec");
        Fill.string(Fill.object(claim, "status"), "phase", "Pending");
    }
}
