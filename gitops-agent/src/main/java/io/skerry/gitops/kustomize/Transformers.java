package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Kustomize's built-in changes to every resource: namespace, name prefix and suffix, labels, annotations, images and replica counts. */
final class Transformers {

    private static final List<FieldSpec> NAMESPACE = List.of(
            FieldSpec.of("", "Namespace", "metadata/name", true),
            FieldSpec.of("apiregistration.k8s.io", "APIService", "spec/service/namespace", true),
            FieldSpec.of("apiextensions.k8s.io", "CustomResourceDefinition", "spec/conversion/webhook/clientConfig/service/namespace", false));

    private static final List<FieldSpec> REPLICAS = List.of(FieldSpec.of("", "Deployment", "spec/replicas", true),
            FieldSpec.of("", "ReplicationController", "spec/replicas", true), FieldSpec.of("", "ReplicaSet", "spec/replicas", true),
            FieldSpec.of("", "StatefulSet", "spec/replicas", true));

    private Transformers() {}

    static void namespace(ResourceMap resources, String namespace) {
        for (Resource resource : resources.all()) {
            resource.rememberId();
            ResourceId id = resource.id();
            if (!id.clusterScoped()) resource.metadata().put("namespace", namespace);
            if (resource.kind().equals("RoleBinding") || resource.kind().equals("ClusterRoleBinding")) {
                for (JsonNode subject : resource.object().path("subjects")) {
                    // Kustomize's default: only the account "default" is taken to mean the one of this namespace; others follow as name references.
                    if (Json.text(subject, "name").equals("default")) ((ObjectNode) subject).put("namespace", namespace);
                }
            }
            for (FieldSpec spec : NAMESPACE) {
                if (spec.kind().equals("Namespace") && !Json.text(resource.object(), "apiVersion").equals("v1")) continue;
                spec.visit(resource, () -> TextNode.valueOf(""), old -> TextNode.valueOf(namespace));
            }
            if (resources.byId(resource.id()).size() > 1) {
                throw new KustomizeException(resource.file(), resource.line(), "with namespace " + namespace + " there are two of " + resource.id());
            }
        }
    }

    /** One of prefix and suffix is "". CustomResourceDefinitions, APIServices and Namespaces keep their names, which others depend on. */
    static void rename(ResourceMap resources, String prefix, String suffix) {
        for (Resource resource : resources.all()) {
            ResourceId original = resource.originalId();
            if (original.kind().equals("CustomResourceDefinition") || original.kind().equals("Namespace")
                    || original.selectedBy("apiregistration.k8s.io", "", "APIService")) continue;
            if (!prefix.isEmpty()) resource.prefixes.add(prefix);
            if (!suffix.isEmpty()) resource.suffixes.add(suffix);
            resource.rememberId();
            resource.name(prefix + resource.name() + suffix);
        }
    }

    /** Sets strings in maps such as labels. */
    static void strings(ResourceMap resources, JsonNode pairs, List<FieldSpec> specs) {
        if (pairs.isEmpty()) return;
        for (Resource resource : resources.all()) {
            for (FieldSpec spec : specs) {
                spec.visit(resource, Json::object, old -> {
                    if (!(old instanceof ObjectNode map)) throw new IllegalArgumentException("the field " + spec.path() + " of " + resource.id() + " is a map of keys to text, not " + old);
                    pairs.properties().forEach(pair -> map.put(pair.getKey(), pair.getValue().asText()));
                    return map;
                });
            }
        }
    }

    static void image(ResourceMap resources, JsonNode image) {
        String name = Json.text(image, "name");
        if (name.isEmpty()) throw new IllegalArgumentException("an entry of images needs a name");
        Pattern pattern;
        try {
            pattern = Pattern.compile(name + "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?");
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("the image name \"" + name + "\" is not a regular expression: " + e.getDescription(), e);
        }
        for (Resource resource : resources.all()) {
            if (resource.kind().equals("CustomResourceDefinition")) continue;
            images(resource.object(), pattern, image);
        }
    }

    /** Every container anywhere in the object, so that pod templates of custom resources are found as well. */
    private static void images(JsonNode node, Pattern pattern, JsonNode image) {
        for (String list : List.of("containers", "initContainers")) {
            for (JsonNode container : node.path(list)) {
                String old = Json.text(container, "image");
                if (!old.isEmpty() && pattern.matcher(old).matches()) ((ObjectNode) container).put("image", retag(old, image));
            }
        }
        node.forEach(child -> images(child, pattern, image));
    }

    private static String retag(String old, JsonNode image) {
        // A ':' before the first '/' belongs to the registry's port.
        int from = Math.max(old.indexOf('/'), 0);
        int at = old.indexOf('@', from);
        int colon = old.indexOf(':', from);
        if (at >= 0 && colon > at) colon = -1;
        String name = old.substring(0, colon >= 0 ? colon : at >= 0 ? at : old.length());
        String tag = colon < 0 ? "" : old.substring(colon + 1, at < 0 ? old.length() : at);
        String digest = at < 0 ? "" : old.substring(at + 1);

        String newTag = Json.text(image, "newTag");
        String newDigest = Json.text(image, "digest");
        String tagSuffix = Json.text(image, "tagSuffix");
        if (!newTag.isEmpty() || !newDigest.isEmpty()) {
            tag = newTag;
            digest = newDigest;
        } else if (!tagSuffix.isEmpty()) {
            tag += tagSuffix;
            digest = "";
        }
        String newName = Json.text(image, "newName");
        return (newName.isEmpty() ? name : newName) + (tag.isEmpty() ? "" : ":" + tag) + (digest.isEmpty() ? "" : "@" + digest);
    }

    static void replicas(ResourceMap resources, JsonNode entry) {
        String name = Json.text(entry, "name");
        JsonNode count = entry.path("count");
        if (!count.isIntegralNumber()) throw new IllegalArgumentException("the entry of replicas for \"" + name + "\" needs a whole number as count");
        boolean found = false;
        for (FieldSpec spec : REPLICAS) {
            for (Resource resource : resources.byAnyId(id -> id.name().equals(name) && spec.applies(id))) {
                found = true;
                spec.visit(resource, () -> count, old -> count);
            }
        }
        if (!found) throw new IllegalArgumentException("replicas: there is no Deployment, StatefulSet, ReplicaSet or ReplicationController named \"" + name + "\"");
    }
}
