package io.skerry.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.machinery.json.Json;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Predicate;

/**
 * Which objects belong to the pods of a node: secrets, config maps, claims and accounts that they name, the volumes behind the claims, and the secrets
 * of those (k8s.io/kubernetes, plugin/pkg/auth/authorizer/node). Read from the watch cache when a node asks; what a pod names is kept while the pod is.
 */
final class NodeGraph {
    private static final String MIRROR_POD = "kubernetes.io/config.mirror";
    /** Volume sources of a PersistentVolume with a secretRef that may name a namespace. */
    private static final List<String> WITH_SECRET = List.of("cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos");
    /** Secrets of a CSI volume that the node itself uses, not the controller. */
    private static final List<String> CSI_NODE_SECRETS = List.of("nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef");

    private final WatchCache cache;
    private final Set<String> podFields;
    private final Map<Entry, PodReferences> known = Collections.synchronizedMap(new WeakHashMap<>());

    /** @param podFields the paths of all selectable fields of pods: an entry is read once for all who ask by them */
    NodeGraph(WatchCache cache, Set<String> podFields) {
        this.cache = cache;
        this.podFields = podFields;
    }

    boolean runs(String node, String namespace, String pod) {
        Entry entry = cache.resource("", "pods").get(namespace + "/" + pod);
        return entry != null && nodeName(entry).equals(node);
    }

    boolean usesConfigMap(String node, String namespace, String name) {
        return anyPod(node, namespace, pod -> pod.configMaps().contains(name));
    }

    boolean usesAccount(String node, String namespace, String name) {
        return anyPod(node, namespace, pod -> pod.account().equals(name));
    }

    boolean usesResourceClaim(String node, String namespace, String name) {
        return anyPod(node, namespace, pod -> pod.resourceClaims().contains(name));
    }

    boolean usesClaim(String node, String namespace, String name) {
        return anyPod(node, namespace, pod -> pod.claims().contains(name));
    }

    boolean usesSecret(String node, String namespace, String name) {
        if (anyPod(node, namespace, pod -> pod.secrets().contains(name))) {
            return true;
        }
        for (Entry volume : cache.resource("", "persistentvolumes").snapshot("").entries()) {
            ObjectNode tree = volume.tree();
            if (hasSecret(tree, namespace, name) && usesVolume(node, tree)) {
                return true;
            }
        }
        return false;
    }

    boolean usesVolume(String node, String name) {
        Entry volume = cache.resource("", "persistentvolumes").get(name);
        return volume != null && usesVolume(node, volume.tree());
    }

    private boolean usesVolume(String node, ObjectNode volume) {
        String claim = Json.text(volume, "spec", "claimRef", "name");
        String namespace = Json.text(volume, "spec", "claimRef", "namespace");
        return !claim.isEmpty() && usesClaim(node, namespace, claim);
    }

    boolean isAttachment(String node, String name) {
        Entry attachment = cache.resource("storage.k8s.io", "volumeattachments").get(name);
        return attachment != null && Json.text(attachment.tree(), "spec", "nodeName").equals(node);
    }

    private boolean anyPod(String node, String namespace, Predicate<PodReferences> test) {
        if (namespace.isEmpty()) {
            return false;
        }
        for (Entry pod : cache.resource("", "pods").snapshot(namespace + "/").entries()) {
            if (nodeName(pod).equals(node) && test.test(known.computeIfAbsent(pod, NodeGraph::references))) {
                return true;
            }
        }
        return false;
    }

    private String nodeName(Entry pod) {
        return pod.field("spec.nodeName", podFields);
    }

    /** A mirror pod, which the node itself made, gives it nothing. */
    private static PodReferences references(Entry pod) {
        ObjectNode tree = pod.tree();
        return Json.at(tree, "metadata", "annotations").has(MIRROR_POD) ? PodReferences.of(Json.object()) : PodReferences.of(tree);
    }

    private static boolean hasSecret(JsonNode volume, String namespace, String name) {
        JsonNode spec = volume.path("spec");
        String claimed = Json.text(spec, "claimRef", "namespace");
        if (named(Json.text(spec, "azureFile", "secretNamespace"), Json.text(spec, "azureFile", "secretName"), claimed, namespace, name)) {
            return true;
        }
        for (String source : WITH_SECRET) {
            if (named(spec.path(source).path("secretRef"), claimed, namespace, name)) {
                return true;
            }
        }
        return CSI_NODE_SECRETS.stream().anyMatch(reference -> named(spec.path("csi").path(reference), claimed, namespace, name));
    }

    private static boolean named(JsonNode reference, String claimed, String namespace, String name) {
        return named(Json.text(reference, "namespace"), Json.text(reference, "name"), claimed, namespace, name);
    }

    private static boolean named(String inNamespace, String secret, String claimed, String namespace, String name) {
        return secret.equals(name) && (inNamespace.isEmpty() ? claimed : inNamespace).equals(namespace);
    }
}
