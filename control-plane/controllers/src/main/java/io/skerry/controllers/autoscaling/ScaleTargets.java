package io.skerry.controllers.autoscaling;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.autoscaling.v2.CrossVersionObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Discovery;
import io.skerry.controllers.runtime.Discovery.ApiType;
import io.skerry.controllers.workload.PodControl;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Reads and writes the scale subresource of whatever a scaleTargetRef names: a workload, or a custom resource that has one. */
final class ScaleTargets {
    /**
     * An autoscaling/v1 Scale.
     *
     * @param path where it was read
     */
    record Scale(String path, ObjectNode tree) {
        /** How many replicas are wanted. */
        int wanted() { return Json.at(tree, "spec", "replicas").asInt(); }

        /** How many there are. */
        int running() { return Json.at(tree, "status", "replicas").asInt(); }

        /** Of the pods, in the form of a query; "" when the target does not tell. */
        String selector() { return Json.text(tree, "status", "selector"); }
    }

    private static final int ATTEMPTS = 5;

    private record GroupKind(String group, String kind) {}

    private final KubernetesClient client;
    private final Map<GroupKind, List<ApiType>> known = new ConcurrentHashMap<>();

    ScaleTargets(KubernetesClient client) {
        this.client = client;
    }

    /** @throws ScaleException when there is no such thing, or nothing that scales */
    Scale get(String namespace, CrossVersionObjectReference target) throws ScaleException {
        String version = target.getApiVersion() == null ? "" : target.getApiVersion();
        if (version.chars().filter(c -> c == '/').count() > 1) throw new ScaleException("unexpected GroupVersion string: " + version);
        GroupKind kind = new GroupKind(version.contains("/") ? version.substring(0, version.indexOf('/')) : "", target.getKind());
        try {
            return get(namespace, target.getName(), types(kind));
        } catch (ScaleException e) {
            known.remove(kind); // it may be served in another version by now
            throw e;
        } catch (KubernetesClientException e) {
            known.remove(kind);
            throw new ScaleException(PodControl.message(e));
        } catch (IllegalStateException e) {
            throw new ScaleException(e.getMessage());
        }
    }

    private List<ApiType> types(GroupKind kind) throws ScaleException {
        List<ApiType> types = known.get(kind);
        if (types == null) {
            types = Discovery.ofKind(client, kind.group(), kind.kind());
            if (types.isEmpty()) throw new ScaleException("no matches for kind \"" + kind.kind() + "\" in group \"" + kind.group() + "\"");
            known.put(kind, types);
        }
        return types;
    }

    private Scale get(String namespace, String name, List<ApiType> types) throws ScaleException {
        for (ApiType type : types) {
            String path = type.path(namespace, name) + "/scale", body = client.raw(path);
            if (body != null) return new Scale(path, (ObjectNode) Json.parse(body));
        }
        ApiType first = types.getFirst();
        boolean there = client.raw(first.path(namespace, name)) != null;
        throw new ScaleException(there ? "the server could not find the requested resource"
            : first.plural() + (first.group().isEmpty() ? "" : "." + first.group()) + " \"" + name + "\" not found");
    }

    /** Fails when somebody else scaled the target since it was read. */
    void set(Scale scale, int replicas) throws ScaleException {
        Scale latest = scale;
        for (int attempt = 1; ; attempt++) {
            ObjectNode wanted = latest.tree().deepCopy();
            Json.ensureObject(wanted, "spec").put("replicas", replicas);
            try {
                if (client.raw(latest.path(), "PUT", wanted.toString()) == null) throw new ScaleException("the scale target is gone");
                return;
            } catch (KubernetesClientException e) {
                // Measuring took a second: a status that was written meanwhile is no other wish.
                String now = e.getCode() == 409 && attempt < ATTEMPTS ? client.raw(latest.path()) : null;
                latest = now == null ? null : new Scale(scale.path(), (ObjectNode) Json.parse(now));
                if (latest == null || latest.wanted() != scale.wanted()) throw new ScaleException(PodControl.message(e));
            }
        }
    }
}
