package io.skerry.node.volumes;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.skerry.node.NodeConfig;
import io.skerry.node.pods.FieldRef;
import io.skerry.node.pods.PodApi;
import io.skerry.node.volumes.AtomicWriter.Content;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files of volumes made of API objects: configMap, secret, downwardAPI and the parts of projected. */
final class Projection {
    static final int DEFAULT_MODE = 0644;
    private final NodeConfig node;
    private final PodApi api;
    private final Pod pod;
    private final String volume;
    final Map<String, Content> files = new TreeMap<>();

    Projection(NodeConfig node, PodApi api, Pod pod, String volume) {
        this.node = node;
        this.api = api;
        this.pod = pod;
        this.volume = volume;
    }

    void configMap(String name, List<KeyToPath> items, Integer mode, Boolean optional) throws VolumeException {
        ConfigMap map = api.configMap(pod.getMetadata().getNamespace(), name);
        if (map == null) {
            if (Boolean.TRUE.equals(optional)) return;
            throw new VolumeException(volume, "configmap \"" + name + "\" not found");
        }
        var content = new LinkedHashMap<String, byte[]>();
        if (map.getData() != null) map.getData().forEach((k, v) -> content.put(k, v.getBytes(StandardCharsets.UTF_8)));
        if (map.getBinaryData() != null) map.getBinaryData().forEach((k, v) -> content.put(k, Base64.getDecoder().decode(v)));
        add(content, items, mode, optional, "configmap");
    }

    void secret(String name, List<KeyToPath> items, Integer mode, Boolean optional) throws VolumeException {
        Secret secret = api.secret(pod.getMetadata().getNamespace(), name);
        if (secret == null) {
            if (Boolean.TRUE.equals(optional)) return;
            throw new VolumeException(volume, "secret \"" + name + "\" not found");
        }
        var content = new LinkedHashMap<String, byte[]>();
        if (secret.getData() != null) secret.getData().forEach((k, v) -> content.put(k, Base64.getDecoder().decode(v)));
        add(content, items, mode, optional, "secret");
    }

    void downward(List<DownwardAPIVolumeFile> items, Integer mode) throws VolumeException {
        for (DownwardAPIVolumeFile item : items) {
            String value;
            try {
                value = item.getFieldRef() != null ? FieldRef.value(pod, item.getFieldRef().getFieldPath(), node, List.of())
                        : FieldRef.value(pod, pod.getSpec().getContainers().getFirst(), item.getResourceFieldRef());
            } catch (IllegalArgumentException e) {
                throw new VolumeException(volume, e.getMessage());
            }
            put(item.getPath(), value.getBytes(StandardCharsets.UTF_8), item.getMode() != null ? item.getMode() : mode, null);
        }
    }

    void put(String path, byte[] bytes, Integer mode, Long owner) { files.put(path, new Content(bytes, mode == null ? DEFAULT_MODE : mode, owner)); }

    /** SHA-256 of all files' paths, modes, owners and bytes, with lengths, so that different files never read the same. */
    String digest() {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
        files.forEach((path, file) -> {
            byte[] head = (path + '\0' + file.mode() + ' ' + file.owner() + ' ' + file.bytes().length + '\0').getBytes(StandardCharsets.UTF_8);
            digest.update(head);
            digest.update(file.bytes());
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    private void add(Map<String, byte[]> content, List<KeyToPath> items, Integer mode, Boolean optional, String what) throws VolumeException {
        if (items == null || items.isEmpty()) {
            content.forEach((key, bytes) -> put(key, bytes, mode, null));
            return;
        }
        for (KeyToPath item : items) {
            byte[] bytes = content.get(item.getKey());
            if (bytes == null && Boolean.TRUE.equals(optional)) continue;
            if (bytes == null) throw new VolumeException(volume, what + " references non-existent config key: " + item.getKey());
            put(item.getPath(), bytes, item.getMode() != null ? item.getMode() : mode, null);
        }
    }
}
