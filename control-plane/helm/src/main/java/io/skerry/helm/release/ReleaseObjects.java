package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.ClusterAccess;
import io.skerry.helm.HelmException;
import io.skerry.helm.render.InstallOrder;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A release's objects in the cluster: created, brought up to date, deleted, waited for. */
final class ReleaseObjects {
    private static final String KEEP = "helm.sh/resource-policy";
    private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    private static final String RELEASE_NAME = "meta.helm.sh/release-name";
    private static final String RELEASE_NAMESPACE = "meta.helm.sh/release-namespace";
    private static final int CONFLICTS = 5;

    private final ClusterAccess cluster;
    private final TypeTable types;

    ReleaseObjects(ClusterAccess cluster, TypeTable types) {
        this.cluster = cluster;
        this.types = types;
    }

    /** What an object is told apart by: group, kind, namespace, name. The version may change from one revision to the next. */
    record Id(String group, String kind, String namespace, String name) {
        static Id of(ObjectNode o) {
            String apiVersion = Json.text(o, "apiVersion");
            int slash = apiVersion.indexOf('/');
            return new Id(slash < 0 ? "" : apiVersion.substring(0, slash), Json.text(o, "kind"), Json.text(o, "metadata", "namespace"), Json.text(o, "metadata", "name"));
        }

        @Override
        public String toString() {
            return kind + " \"" + name + "\"" + (namespace.isEmpty() ? "" : " in namespace \"" + namespace + "\"");
        }
    }

    /** The objects with their namespaces filled in, in install order. Also takes those of {@code v1 List}s apart. */
    Map<Id, ObjectNode> located(List<ObjectNode> objects, String namespace) {
        List<ObjectNode> flat = new ArrayList<>();
        for (ObjectNode o : objects) {
            if (Json.text(o, "kind").endsWith("List") && o.path("items").isArray()) {
                o.path("items").forEach(i -> flat.add((ObjectNode) i));
            } else {
                flat.add(o);
            }
        }
        Map<Id, ObjectNode> out = new LinkedHashMap<>();
        for (ObjectNode o : flat) {
            ObjectNode located = locate(o, namespace);
            if (out.put(Id.of(located), located) != null) {
                throw new HelmException(Id.of(located) + " is there more than once in the chart");
            }
        }
        return out;
    }

    /** As {@link #located}, for what a release has already: objects of kinds that the cluster no longer has are left out. */
    Map<Id, ObjectNode> known(List<ObjectNode> list, String namespace) {
        List<ObjectNode> served = new ArrayList<>();
        for (ObjectNode o : list) {
            if (type(o).isPresent() || cluster.namespaced(Json.text(o, "apiVersion"), Json.text(o, "kind")).isPresent()) {
                served.add(o);
            }
        }
        return located(served, namespace);
    }

    /** A copy with the namespace that the object goes to. */
    ObjectNode locate(ObjectNode o, String namespace) {
        ObjectNode copy = o.deepCopy();
        if (Json.text(o, "metadata", "name").isEmpty()) {
            throw new HelmException(Json.text(o, "kind") + " without metadata.name in the chart");
        }
        ObjectNode metadata = Json.ensureObject(copy, "metadata");
        if (namespaced(o)) {
            if (Json.text(o, "metadata", "namespace").isEmpty()) {
                metadata.put("namespace", namespace);
            }
        } else {
            metadata.remove("namespace");
        }
        return copy;
    }

    private boolean namespaced(ObjectNode o) {
        Optional<ResourceType> builtIn = type(o);
        if (builtIn.isPresent()) {
            return builtIn.get().namespaced();
        }
        String apiVersion = Json.text(o, "apiVersion");
        String kind = Json.text(o, "kind");
        return cluster.namespaced(apiVersion, kind).orElseThrow(() -> new HelmException("unable to build kubernetes objects from release manifest: resource mapping not found for name: \""
            + Json.text(o, "metadata", "name") + "\": no matches for kind \"" + kind + "\" in version \"" + apiVersion + "\": ensure CRDs are installed first"));
    }

    private Optional<ResourceType> type(ObjectNode o) {
        String apiVersion = Json.text(o, "apiVersion");
        int slash = apiVersion.indexOf('/');
        return types.kind(slash < 0 ? "" : apiVersion.substring(0, slash), apiVersion.substring(slash + 1), Json.text(o, "kind"));
    }

    /** Marks the object as the release's, as Helm does. */
    static void own(ObjectNode o, String name, String namespace) {
        Json.ensureObject(o, "metadata", "labels").put(MANAGED_BY, "Helm");
        Json.ensureObject(o, "metadata", "annotations").put(RELEASE_NAME, name).put(RELEASE_NAMESPACE, namespace);
    }

    private static boolean owned(JsonNode live, String name, String namespace) {
        return Json.text(live, "metadata", "labels", MANAGED_BY).equals("Helm") && Json.text(live, "metadata", "annotations", RELEASE_NAME).equals(name)
            && Json.text(live, "metadata", "annotations", RELEASE_NAMESPACE).equals(namespace);
    }

    private JsonNode live(ObjectNode o) {
        return cluster.get(Json.text(o, "apiVersion"), Json.text(o, "kind"), Json.text(o, "metadata", "namespace"), Json.text(o, "metadata", "name"));
    }

    /** @throws HelmException when an object that is new to the release is there already and not the release's */
    void checkOwnership(Collection<ObjectNode> wanted, Map<Id, ObjectNode> known, String name, String namespace) {
        for (ObjectNode o : wanted) {
            if (known.containsKey(Id.of(o))) {
                continue;
            }
            JsonNode live = live(o);
            if (live != null && !owned(live, name, namespace)) {
                throw new HelmException(Id.of(o) + " exists and cannot be imported into the current release: invalid ownership metadata; it needs the label "
                    + MANAGED_BY + "=Helm and the annotations " + RELEASE_NAME + "=" + name + " and " + RELEASE_NAMESPACE + "=" + namespace);
            }
        }
    }

    /**
     * Makes the cluster have the wanted objects, and no more those that only earlier revisions had.
     * @param before the objects of the deployed revision
     * @param leftovers objects of later revisions that failed; deleted when not wanted, but not part of the merge
     */
    void update(Map<Id, ObjectNode> before, Map<Id, ObjectNode> leftovers, Map<Id, ObjectNode> wanted, String name, String namespace) {
        wanted.forEach((id, o) -> apply(before.get(id), o));
        Map<Id, ObjectNode> gone = new LinkedHashMap<>(leftovers);
        gone.putAll(before);
        gone.keySet().removeAll(wanted.keySet());
        List<ObjectNode> order = new ArrayList<>(gone.values());
        order.sort((a, b) -> InstallOrder.compareForUninstall(Json.text(a, "kind"), Json.text(b, "kind")));
        for (ObjectNode o : order) {
            delete(o, name, namespace);
        }
    }

    private void apply(ObjectNode original, ObjectNode wanted) {
        Id id = Id.of(wanted);
        for (int attempt = 1; ; attempt++) {
            try {
                JsonNode live = live(wanted);
                if (live == null) {
                    cluster.create((ObjectNode) ThreeWayMerge.withoutNulls(wanted));
                    return;
                }
                ObjectNode current = (ObjectNode) live;
                Schema schema = type(wanted).map(ResourceType::schema).orElse(null);
                ObjectNode merged = ThreeWayMerge.merge(original, wanted, current, schema);
                merged.set("apiVersion", current.path("apiVersion"));
                ObjectNode patch = ThreeWayMerge.diff(current, merged);
                if (!patch.isEmpty()) {
                    Json.ensureObject(patch, "metadata").put("resourceVersion", Json.text(current, "metadata", "resourceVersion"));
                    cluster.patch(Json.text(wanted, "apiVersion"), id.kind, id.namespace, id.name, patch);
                }
                return;
            } catch (ClusterAccess.ConflictException | ClusterAccess.AlreadyExistsException e) {
                if (attempt == CONFLICTS) {
                    throw new HelmException("cannot update " + id + ": it keeps changing: " + e.getMessage(), e);
                }
            } catch (HelmException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new HelmException("cannot apply " + id + ": " + e.getMessage(), e);
            }
        }
    }

    /** Deletes unless the object says it is to be kept, or is another release's by now. @return whether it was deleted or not there */
    boolean delete(ObjectNode o, String name, String namespace) {
        JsonNode live = live(o);
        if (live == null) {
            return true;
        }
        boolean keep = Json.text(live, "metadata", "annotations", KEEP).equals("keep") || Json.text(o, "metadata", "annotations", KEEP).equals("keep");
        String owner = Json.text(live, "metadata", "annotations", RELEASE_NAME);
        boolean others = !owner.isEmpty() && !owned(live, name, namespace);
        if (keep || others) {
            return false;
        }
        Id id = Id.of(o);
        try {
            cluster.delete(Json.text(o, "apiVersion"), id.kind, id.namespace, id.name);
        } catch (RuntimeException e) {
            throw new HelmException("cannot delete " + id + ": " + e.getMessage(), e);
        }
        return true;
    }

    /** @throws HelmException naming the object that is not ready in time */
    void await(Collection<ObjectNode> objects, Duration timeout) throws InterruptedException {
        Instant end = Instant.now().plus(timeout);
        for (ObjectNode o : objects) {
            Id id = Id.of(o);
            Duration left = Duration.between(Instant.now(), end);
            if (!cluster.waitUntil(Json.text(o, "apiVersion"), id.kind, id.namespace, id.name, Readiness::ready, left.isNegative() ? Duration.ZERO : left)) {
                throw new HelmException(id + " is not ready after " + timeout.toSeconds() + " s");
            }
        }
    }
}
