package io.skerry.controllers.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.skerry.controllers.runtime.Discovery;
import io.skerry.controllers.runtime.Discovery.ApiType;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.helm.ClusterAccess;
import io.skerry.machinery.KubernetesVersion;
import io.skerry.machinery.json.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The Helm engine's way to a cluster: the API, with field manager {@code helm}. One a release's install or uninstall: it remembers the served types. */
final class ApiCluster implements ClusterAccess {
    private static final String MANAGER = "helm";
    private final KubernetesClient client;
    private List<ApiType> types;

    ApiCluster(KubernetesClient client) {
        this.client = client;
    }

    @Override public JsonNode get(String apiVersion, String kind, String namespace, String name) {
        ApiType t = type(apiVersion, kind);
        if (t == null) return null;
        String body = client.raw(t.path(namespace, name));
        return body == null ? null : Json.parse(body);
    }

    @Override public JsonNode create(ObjectNode object) {
        ApiType t = known(Json.text(object, "apiVersion"), Json.text(object, "kind"));
        String path = t.path(Json.text(object, "metadata", "namespace"), "");
        try {
            return Json.parse(client.raw(path.substring(0, path.length() - 1) + "?fieldManager=" + MANAGER, "POST", object.toString()));
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) throw new AlreadyExistsException(PodControl.message(e), e);
            throw plain(e);
        }
    }

    @Override public JsonNode patch(String apiVersion, String kind, String namespace, String name, JsonNode mergePatch) {
        try {
            return Json.parse(Patch.MERGE.send(client, known(apiVersion, kind).path(namespace, name) + "?fieldManager=" + MANAGER, mergePatch));
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) throw new ConflictException(PodControl.message(e), e);
            throw plain(e);
        }
    }

    @Override public void delete(String apiVersion, String kind, String namespace, String name) {
        ApiType t = type(apiVersion, kind);
        if (t == null) return;
        try {
            client.raw(t.path(namespace, name) + "?propagationPolicy=Background", "DELETE", null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) throw plain(e);
        }
    }

    @Override public List<JsonNode> list(String apiVersion, String kind, String namespace, String labelSelector) {
        ApiType t = type(apiVersion, kind);
        if (t == null) return List.of();
        boolean all = !t.namespaced() || namespace == null || namespace.isEmpty();
        String path = (t.group().isEmpty() ? "/api/" : "/apis/" + t.group() + "/") + t.version() + (all ? "" : "/namespaces/" + namespace) + "/" + t.plural();
        String body = client.raw(labelSelector == null || labelSelector.isEmpty() ? path
            : path + "?labelSelector=" + URLEncoder.encode(labelSelector, StandardCharsets.UTF_8));
        List<JsonNode> items = new ArrayList<>();
        if (body == null) return items;
        for (JsonNode item : Json.parse(body).path("items")) {
            // items of a list carry no type of their own
            if (item instanceof ObjectNode o && !o.has("kind")) o.put("apiVersion", apiVersion).put("kind", kind);
            items.add(item);
        }
        return items;
    }

    @Override public Set<String> apiVersions() {
        Set<String> all = new HashSet<>();
        for (ApiType t : types()) {
            all.add(t.apiVersion());
            all.add(t.apiVersion() + "/" + t.kind());
        }
        return all;
    }

    @Override public String kubeVersion() {
        String body = client.raw("/version");
        return body == null ? KubernetesVersion.API : Json.text(Json.parse(body), "gitVersion");
    }

    @Override public Optional<Boolean> namespaced(String apiVersion, String kind) {
        types = null;
        return Optional.ofNullable(type(apiVersion, kind)).map(ApiType::namespaced);
    }

    @Override public boolean waitUntil(String apiVersion, String kind, String namespace, String name, Predicate<JsonNode> condition,
        Duration timeout) throws InterruptedException {
        ApiType t = known(apiVersion, kind);
        try {
            one(t, namespace, name).waitUntilCondition(o -> condition.test(o == null ? null : tree(o)), timeout.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (KubernetesClientTimeoutException e) {
            return false;
        } catch (KubernetesClientException e) {
            if (Thread.interrupted()) throw new InterruptedException();
            throw plain(e);
        }
    }

    private Resource<GenericKubernetesResource> one(ApiType t, String namespace, String name) {
        return t.namespaced() ? t.of(client).inNamespace(namespace).withName(name) : t.of(client).withName(name);
    }

    private JsonNode tree(GenericKubernetesResource o) {
        return client.getKubernetesSerialization().convertValue(o, ObjectNode.class);
    }

    private List<ApiType> types() {
        if (types == null) types = Discovery.everyVersion(client).types();
        return types;
    }

    private ApiType type(String apiVersion, String kind) {
        return types().stream().filter(t -> t.apiVersion().equals(apiVersion) && t.kind().equals(kind)).findFirst().orElse(null);
    }

    private ApiType known(String apiVersion, String kind) {
        ApiType t = type(apiVersion, kind);
        if (t == null) {
            types = null; // a CRD installed a moment ago
            t = type(apiVersion, kind);
        }
        if (t == null) throw new IllegalStateException("no matches for kind \"" + kind + "\" in version \"" + apiVersion
            + "\"; ensure CRDs are installed first");
        return t;
    }

    /** The server's own words are what a person needs. */
    private static RuntimeException plain(KubernetesClientException e) {
        return new IllegalStateException(PodControl.message(e), e);
    }
}
