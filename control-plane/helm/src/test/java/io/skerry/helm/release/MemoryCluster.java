package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.ClusterAccess;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.MergePatch;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.selector.LabelSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A cluster's objects in memory. A real one cannot be made to let the engine's process die between two given calls, which is what
 * {@link #dieAt} is for; the engine's way to a real API server is tested where that way is written.
 */
final class MemoryCluster implements ClusterAccess {
    /** The process is gone: nothing in it can catch this and go on. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    final Map<String, ObjectNode> objects = new TreeMap<>();
    final List<String> log = new ArrayList<>();
    /** What the cluster makes of an object as it is created, as controllers do: a finished Job. */
    UnaryOperator<ObjectNode> onCreate = o -> o;
    private int revision;
    private int calls;
    private int deathCall = -1;
    private boolean deathBefore;

    /** @param before whether the call that kills has not changed anything yet */
    void dieAt(int call, boolean before) {
        calls = 0;
        deathCall = call;
        deathBefore = before;
    }

    void live() {
        deathCall = -1;
    }

    /** How many writes there were since {@link #dieAt}. */
    int calls() {
        return calls;
    }

    private void write(String what, Runnable effect) {
        int n = calls++;
        if (n == deathCall && deathBefore) {
            throw new Killed();
        }
        effect.run();
        log.add(what);
        if (n == deathCall) {
            throw new Killed();
        }
    }

    static String key(String apiVersion, String kind, String namespace, String name) {
        String group = apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
        return group + "/" + kind + "/" + (namespace == null ? "" : namespace) + "/" + name;
    }

    @Override
    public JsonNode get(String apiVersion, String kind, String namespace, String name) {
        ObjectNode o = objects.get(key(apiVersion, kind, namespace, name));
        return o == null ? null : o.deepCopy();
    }

    private ObjectNode stamped(ObjectNode o) {
        Json.ensureObject(o, "metadata").put("resourceVersion", Integer.toString(++revision));
        return o;
    }

    @Override
    public JsonNode create(ObjectNode object) {
        String key = key(Json.text(object, "apiVersion"), Json.text(object, "kind"), Json.text(object, "metadata", "namespace"), Json.text(object, "metadata", "name"));
        if (objects.containsKey(key)) {
            throw new AlreadyExistsException(key + " already exists", null);
        }
        if (Json.text(object, "metadata", "labels", "refuse").equals("yes")) {
            throw new IllegalStateException("admission webhook denied the request");
        }
        ObjectNode stored = stamped(onCreate.apply(object.deepCopy()));
        write("create " + key, () -> objects.put(key, stored));
        return stored.deepCopy();
    }

    @Override
    public JsonNode patch(String apiVersion, String kind, String namespace, String name, JsonNode patch) {
        String key = key(apiVersion, kind, namespace, name);
        ObjectNode live = objects.get(key);
        if (live == null) {
            throw new IllegalStateException(key + " not found");
        }
        String expected = Json.text(patch, "metadata", "resourceVersion");
        if (!expected.isEmpty() && !expected.equals(Json.text(live, "metadata", "resourceVersion"))) {
            throw new ConflictException("the object has been modified", null);
        }
        ObjectNode patched = stamped((ObjectNode) MergePatch.apply(live, patch));
        write("patch " + key, () -> objects.put(key, patched));
        return patched.deepCopy();
    }

    @Override
    public void delete(String apiVersion, String kind, String namespace, String name) {
        String key = key(apiVersion, kind, namespace, name);
        if (objects.containsKey(key)) {
            write("delete " + key, () -> objects.remove(key));
        }
    }

    @Override
    public List<JsonNode> list(String apiVersion, String kind, String namespace, String labelSelector) {
        LabelSelector selector = LabelSelector.parse(labelSelector);
        List<JsonNode> out = new ArrayList<>();
        objects.forEach((k, o) -> {
            if (k.startsWith(key(apiVersion, kind, namespace, "")) && selector.matches(o.path("metadata").path("labels"))) {
                out.add(o.deepCopy());
            }
        });
        return out;
    }

    @Override
    public Set<String> apiVersions() {
        return Set.of("v1", "apps/v1", "batch/v1");
    }

    @Override
    public String kubeVersion() {
        return "v1.33.0";
    }

    @Override
    public Optional<Boolean> namespaced(String apiVersion, String kind) {
        int slash = apiVersion.indexOf('/');
        Optional<ResourceType> builtIn = TypeTable.builtin().kind(slash < 0 ? "" : apiVersion.substring(0, slash), apiVersion.substring(slash + 1), kind);
        if (builtIn.isPresent()) {
            return builtIn.map(ResourceType::namespaced);
        }
        for (ObjectNode o : objects.values()) {
            if (Json.text(o, "kind").equals("CustomResourceDefinition") && Json.text(o, "spec", "names", "kind").equals(kind)) {
                return Optional.of(Json.text(o, "spec", "scope").equals("Namespaced"));
            }
        }
        return Optional.empty();
    }

    @Override
    public boolean waitUntil(String apiVersion, String kind, String namespace, String name, Predicate<JsonNode> condition, Duration timeout) {
        return condition.test(get(apiVersion, kind, namespace, name));
    }
}
