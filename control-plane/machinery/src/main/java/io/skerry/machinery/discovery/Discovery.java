package io.skerry.machinery.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Subresource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What the server says of the resources it has: the lists of {@code /api} and {@code /apis} (meta/v1) and aggregated discovery
 * (apidiscovery.k8s.io/v2, KEP-3352).
 */
public final class Discovery {

    /** Media type of aggregated discovery, as a client asks for it and a response carries it. */
    public static final String AGGREGATED_V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private Discovery() {}

    /**
     * {@code GET /api}.
     *
     * @param serverAddress address clients reach the server at, such as "192.168.1.5:6443"
     */
    public static ObjectNode coreVersions(String serverAddress) {
        ObjectNode out = Json.object().put("kind", "APIVersions");
        out.putArray("versions").add("v1");
        out.putArray("serverAddressByClientCIDRs").addObject().put("clientCIDR", "0.0.0.0/0").put("serverAddress", serverAddress);
        return out;
    }

    /** {@code GET /apis}: every group but the core one, in order. */
    public static ObjectNode groups(Collection<ResourceType> types) {
        ObjectNode out = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = out.putArray("groups");
        ApiGroups.sorted(types).forEach((group, versions) -> {
            if (!group.isEmpty()) {
                groups.add(versionsOf(group, versions.keySet()));
            }
        });
        return out;
    }

    /** {@code GET /apis/<group>}, or null when no type is of that group. */
    public static ObjectNode group(String group, Collection<ResourceType> types) {
        Map<String, List<ResourceType>> versions = ApiGroups.sorted(types).get(group);
        if (versions == null || group.isEmpty()) {
            return null;
        }
        ObjectNode out = Json.object().put("kind", "APIGroup").put("apiVersion", "v1");
        return out.setAll(versionsOf(group, versions.keySet()));
    }

    private static ObjectNode versionsOf(String group, Collection<String> versions) {
        ObjectNode out = Json.object().put("name", group);
        ArrayNode list = out.putArray("versions");
        versions.forEach(v -> list.addObject().put("groupVersion", group + "/" + v).put("version", v));
        out.set("preferredVersion", list.get(0).deepCopy());
        return out;
    }

    /** {@code GET /api/v1} or {@code /apis/<group>/<version>}, or null when no type is of that version. */
    public static ObjectNode resources(String group, String version, Collection<ResourceType> types) {
        List<ResourceType> here = ApiGroups.sorted(types).getOrDefault(group, Map.of()).get(version);
        if (here == null) {
            return null;
        }
        ObjectNode out = Json.object().put("kind", "APIResourceList");
        if (!group.isEmpty()) {
            out.put("apiVersion", "v1");
        }
        out.put("groupVersion", here.getFirst().apiVersion());
        ArrayNode list = out.putArray("resources");
        for (ResourceType t : here) {
            ObjectNode r = list.addObject().put("name", t.plural()).put("singularName", t.singular()).put("namespaced", t.namespaced()).put("kind", t.kind());
            strings(r, "verbs", new TreeSet<>(t.verbs()));
            strings(r, "shortNames", t.shortNames());
            strings(r, "categories", t.categories());
            if (t.verbs().contains("list")) {
                r.put("storageVersionHash", storageVersionHash(t));
            }
            for (Subresource s : t.subresources()) {
                ObjectNode sub = list.addObject().put("name", t.plural() + "/" + s.name()).put("singularName", "").put("namespaced", t.namespaced());
                if (!s.group().equals(t.group()) || !s.version().equals(t.version())) {
                    if (!s.group().isEmpty()) {
                        sub.put("group", s.group());
                    }
                    sub.put("version", s.version());
                }
                sub.put("kind", s.kind());
                strings(sub, "verbs", new TreeSet<>(s.verbs()));
            }
        }
        return out;
    }

    /**
     * Aggregated discovery.
     *
     * @param core the core group, for {@code /api}; else every other group, for {@code /apis}
     */
    public static ObjectNode aggregated(Collection<ResourceType> types, boolean core) {
        ObjectNode out = Json.object().put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/v2");
        out.putObject("metadata");
        ArrayNode items = out.putArray("items");
        ApiGroups.sorted(types).forEach((group, versions) -> {
            if (group.isEmpty() != core) {
                return;
            }
            ObjectNode item = items.addObject();
            ObjectNode metadata = item.putObject("metadata");
            if (!group.isEmpty()) {
                metadata.put("name", group);
            }
            metadata.putNull("creationTimestamp");
            ArrayNode list = item.putArray("versions");
            versions.forEach((version, resources) -> {
                ObjectNode v = list.addObject().put("version", version);
                ArrayNode rs = v.putArray("resources");
                resources.forEach(t -> aggregated(rs.addObject(), t));
                v.put("freshness", "Current");
            });
        });
        return out;
    }

    private static void aggregated(ObjectNode out, ResourceType t) {
        out.put("resource", t.plural());
        kind(out, t.group(), t.version(), t.kind());
        out.put("scope", t.namespaced() ? "Namespaced" : "Cluster").put("singularResource", t.singular());
        strings(out, "verbs", new TreeSet<>(t.verbs()));
        strings(out, "shortNames", t.shortNames());
        strings(out, "categories", t.categories());
        if (!t.subresources().isEmpty()) {
            ArrayNode subs = out.putArray("subresources");
            for (Subresource s : t.subresources()) {
                ObjectNode sub = subs.addObject().put("subresource", s.name());
                kind(sub, s.group(), s.version(), s.kind());
                strings(sub, "verbs", new TreeSet<>(s.verbs()));
            }
        }
    }

    private static void kind(ObjectNode out, String group, String version, String kind) {
        out.putObject("responseKind").put("group", group).put("version", version).put("kind", kind);
    }

    private static void strings(ObjectNode out, String field, Collection<String> values) {
        if (!values.isEmpty()) {
            ArrayNode list = out.putArray(field);
            values.forEach(list::add);
        }
    }

    /** Names the version that objects are stored in, so that clients see when it changes. Two kinds are stored as another version's. */
    private static String storageVersionHash(ResourceType t) {
        String stored = switch (t.group()) {
            case "events.k8s.io" -> "/v1";
            case "autoscaling" -> "autoscaling/v2";
            default -> t.group() + "/" + t.version();
        };
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest((stored + "/" + t.kind()).getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(Arrays.copyOf(hash, 8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
