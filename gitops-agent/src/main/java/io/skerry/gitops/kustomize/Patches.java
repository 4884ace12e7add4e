package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.JsonPatch;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Applies the patches of a kustomization: strategic merge patches and JSON patches (RFC 6902), inline or from files. */
final class Patches {

    private final KustomizationFile kustomization;
    private final ResourceMap resources;

    Patches(KustomizationFile kustomization, ResourceMap resources) {
        this.kustomization = kustomization;
        this.resources = resources;
    }

    /** {@code patchesStrategicMerge}: each a path or an inline patch. */
    void strategicMerge() {
        JsonNode entries = kustomization.list("patchesStrategicMerge");
        for (int i = 0; i < entries.size(); i++) {
            String pointer = "/patchesStrategicMerge/" + i;
            String text = entries.get(i).asText();
            kustomization.at(pointer, () -> {
                List<Yaml.Document> documents = text.contains("\n") ? inline(text, pointer) : kustomization.documents(text);
                documents.forEach(patch -> merge(patch, byId(patch), false, false));
            });
        }
    }

    /** {@code patches} or {@code patchesJson6902}. */
    void of(String field) {
        JsonNode entries = kustomization.list(field);
        for (int i = 0; i < entries.size(); i++) {
            String pointer = "/" + field + "/" + i;
            kustomization.onlyFields(pointer, "patch", "path", "target", "options");
            JsonNode entry = entries.get(i);
            kustomization.at(pointer, () -> apply(entry, pointer));
        }
    }

    private void apply(JsonNode entry, String pointer) {
        String text = Json.text(entry, "patch");
        String path = Json.text(entry, "path");
        if (text.isBlank() == path.isBlank()) throw new IllegalArgumentException("a patch has either patch or path");
        List<Yaml.Document> documents = path.isBlank() ? inline(text, pointer + "/patch") : kustomization.documents(path);
        JsonNode target = entry.path("target");
        if (documents.size() == 1 && documents.getFirst().root() instanceof ArrayNode operations) {
            if (target.isMissingNode()) throw new IllegalArgumentException("a JSON patch needs a target");
            json6902(operations, documents.getFirst(), target);
            return;
        }
        boolean rename = entry.path("options").path("allowNameChange").asBoolean();
        boolean changeKind = entry.path("options").path("allowKindChange").asBoolean();
        if (!target.isMissingNode() && documents.size() > 1) throw new IllegalArgumentException("a strategic merge patch with a target is one document");
        for (Yaml.Document patch : documents) {
            if (!patch.root().isObject()) throw new KustomizeException(patch.source(), patch.line(), "a patch is an object or a list of JSON patch operations");
            merge(patch, target.isMissingNode() ? byId(patch) : resources.select(target), rename, changeKind);
        }
    }

    /** An inline patch: its first line is the one after the block's "|", so that errors point into the kustomization file. */
    private List<Yaml.Document> inline(String text, String pointer) {
        String file = kustomization.path();
        int line = kustomization.line(pointer);
        String padding = text.contains("\n") ? "\n".repeat(line) : "\n".repeat(Math.max(0, line - 1));
        return KustomizationFile.parse(file, (padding + text).getBytes(StandardCharsets.UTF_8));
    }

    private List<Resource> byId(Yaml.Document patch) {
        JsonNode root = patch.root();
        ResourceId id = ResourceId.of(Json.text(root, "apiVersion"), Json.text(root, "kind"), Json.text(root, "metadata", "namespace"), Json.text(root, "metadata", "name"));
        List<Resource> found = resources.byAnyId(id::same);
        if (found.isEmpty()) {
            throw new KustomizeException(patch.source(), patch.line(), "there is no " + id + " to patch; name an object of this kustomization's resources, or give the patch a target");
        }
        if (found.size() > 1) throw new KustomizeException(patch.source(), patch.line(), id + " is the id of several objects; use a target");
        return found;
    }

    private void merge(Yaml.Document patch, List<Resource> targets, boolean rename, boolean changeKind) {
        for (Resource resource : new ArrayList<>(targets)) {
            ObjectNode changes = patch.root().deepCopy();
            changes.remove("apiVersion");
            if (!changeKind) changes.remove("kind");
            if (changes.get("metadata") instanceof ObjectNode metadata) {
                metadata.remove("namespace");
                if (!rename) metadata.remove("name");
            }
            if (rename || changeKind) resource.rememberId();
            ResourceId id = resource.id();
            Schema schema = TypeTable.builtin().kind(id.group(), id.version(), id.kind()).map(ResourceType::schema).orElse(null);
            ObjectNode merged;
            try {
                merged = StrategicMerge.merge(resource.object(), changes, schema);
            } catch (IllegalArgumentException e) {
                throw new KustomizeException(patch.source(), patch.line(), "the patch does not fit " + id + ": " + e.getMessage(), e);
            }
            if (merged == null) {
                resources.all().remove(resource);
            } else {
                resource.object(merged);
                resource.patchedBy(Rendered.Source.of(patch));
                resource.check();
            }
        }
    }

    private void json6902(ArrayNode operations, Yaml.Document patch, JsonNode target) {
        for (Resource resource : resources.select(target)) {
            resource.rememberId();
            try {
                if (!(JsonPatch.apply(resource.object(), operations) instanceof ObjectNode patched)) throw new PatchException("it leaves no object");
                resource.object(patched);
            } catch (PatchException e) {
                throw new KustomizeException(patch.source(), patch.line(), "the JSON patch does not fit " + resource.id() + ": " + e.getMessage(), e);
            }
            resource.patchedBy(pointer -> written(operations, patch, pointer));
            resource.check();
        }
    }

    /** The operation that wrote the field at the pointer, or something around it. */
    private static Optional<Rendered.Place> written(ArrayNode operations, Yaml.Document patch, String pointer) {
        for (int i = operations.size() - 1; i >= 0; i--) {
            String path = Json.text(operations.get(i), "path");
            boolean appended = path.endsWith("/-") && pointer.startsWith(path.substring(0, path.length() - 1));
            if (operations.get(i).has("value") && (pointer.equals(path) || pointer.startsWith(path + "/") || appended)) {
                return Optional.of(new Rendered.Place(patch.source(), patch.lineOf("/" + i + "/value")));
            }
        }
        return Optional.empty();
    }
}
