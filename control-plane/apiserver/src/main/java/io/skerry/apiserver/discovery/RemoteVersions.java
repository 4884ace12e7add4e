package io.skerry.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Versions of groups that other servers serve, and how they are told among this one's. */
public interface RemoteVersions {
    RemoteVersions NONE = new RemoteVersions() {
        @Override
        public List<Version> versions() {
            return List.of();
        }

        @Override
        public long changes() {
            return 0;
        }
    };

    /**
     * @param resources meta/v1 APIResourceList; null as long as its server has not told one
     * @param current   whether its server answers now
     */
    record Version(String group, String version, JsonNode resources, boolean current) {

        /** apidiscovery.k8s.io/v2 APIVersionDiscovery, made of the older list. */
        ObjectNode aggregated() {
            ObjectNode out = Json.object().put("version", version);
            ArrayNode all = out.putArray("resources");
            Map<String, ObjectNode> byName = new HashMap<>();
            if (resources != null) {
                for (JsonNode resource : resources.path("resources")) {
                    String name = Json.text(resource, "name");
                    int slash = name.indexOf('/');
                    if (slash < 0) {
                        ObjectNode one = all.addObject().put("resource", name);
                        kind(one, resource);
                        one.put("scope", resource.path("namespaced").asBoolean() ? "Namespaced" : "Cluster").put("singularResource", Json.text(resource, "singularName"));
                        copy(one, resource, "verbs", "shortNames", "categories");
                        byName.put(name, one);
                    } else if (byName.get(name.substring(0, slash)) instanceof ObjectNode parent) {
                        ObjectNode sub = parent.withArray("subresources").addObject().put("subresource", name.substring(slash + 1));
                        kind(sub, resource);
                        copy(sub, resource, "verbs");
                    }
                }
            }
            return out.put("freshness", current && resources != null ? "Current" : "Stale");
        }

        private void kind(ObjectNode out, JsonNode resource) {
            out.putObject("responseKind").put("group", resource.hasNonNull("group") ? Json.text(resource, "group") : group)
                    .put("version", resource.hasNonNull("version") ? Json.text(resource, "version") : version).put("kind", Json.text(resource, "kind"));
        }

        private static void copy(ObjectNode out, JsonNode from, String... fields) {
            for (String field : fields) {
                if (!from.path(field).isEmpty()) {
                    out.set(field, from.get(field));
                }
            }
        }
    }

    /** In the order of preference. */
    List<Version> versions();

    /** Grows with each change. */
    long changes();

    /** Adds them to an APIGroupList. */
    default ObjectNode addTo(ObjectNode groupList) {
        for (Version version : versions()) {
            ObjectNode group = named((ArrayNode) groupList.get("groups"), version.group());
            add(group, version);
        }
        return groupList;
    }

    /** The APIGroup with those of them that belong to it; null when there is neither. */
    default ObjectNode addTo(String name, ObjectNode groupOrNull) {
        ObjectNode group = groupOrNull;
        for (Version version : versions()) {
            if (version.group().equals(name)) {
                group = group == null ? Json.object().put("kind", "APIGroup").put("apiVersion", "v1").put("name", name) : group;
                add(group, version);
            }
        }
        return group;
    }

    /** Adds them to an APIGroupDiscoveryList. */
    default ObjectNode addToAggregated(ObjectNode list) {
        for (Version version : versions()) {
            ArrayNode items = (ArrayNode) list.get("items");
            ObjectNode item = null;
            for (JsonNode each : items) {
                item = Json.text(each, "metadata", "name").equals(version.group()) ? (ObjectNode) each : item;
            }
            if (item == null) {
                item = items.addObject();
                item.putObject("metadata").put("name", version.group()).putNull("creationTimestamp");
            }
            if (isNew(item.withArray("versions"), version)) {
                item.withArray("versions").add(version.aggregated());
            }
        }
        return list;
    }

    private static ObjectNode named(ArrayNode groups, String name) {
        for (JsonNode group : groups) {
            if (Json.text(group, "name").equals(name)) {
                return (ObjectNode) group;
            }
        }
        return groups.addObject().put("name", name);
    }

    /** What this server serves itself stands already. */
    private static boolean isNew(ArrayNode versions, Version version) {
        for (JsonNode each : versions) {
            if (Json.text(each, "version").equals(version.version())) {
                return false;
            }
        }
        return true;
    }

    private static void add(ObjectNode group, Version version) {
        ArrayNode versions = group.withArray("versions");
        if (isNew(versions, version)) {
            versions.addObject().put("groupVersion", version.group() + "/" + version.version()).put("version", version.version());
        }
        if (!group.has("preferredVersion")) {
            group.set("preferredVersion", versions.get(0).deepCopy());
        }
    }
}
