package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An object on its way through a build: the tree, where it was written, and the names it had before. */
final class Resource {

    enum Behavior { UNSPECIFIED, CREATE, REPLACE, MERGE }

    private ObjectNode object;
    /** The object's own document first, then every patch that went into it; no document for generated ones. */
    private final List<Rendered.Source> sources = new ArrayList<>();
    private final String file;
    private final int line;
    private final List<ResourceId> previous = new ArrayList<>();
    final List<String> prefixes = new ArrayList<>();
    final List<String> suffixes = new ArrayList<>();
    Behavior behavior = Behavior.UNSPECIFIED;
    boolean hashSuffix;

    Resource(ObjectNode object, Yaml.Document source) {
        this.object = object;
        this.file = source.source();
        this.line = source.line();
        sources.add(Rendered.Source.of(source));
    }

    /** A generated object: its place is the generator's entry in the kustomization. */
    Resource(ObjectNode object, String file, int line) {
        this.object = object;
        this.file = file;
        this.line = line;
    }

    ObjectNode object() {
        return object;
    }

    void object(ObjectNode value) {
        object = value;
    }

    String file() {
        return file;
    }

    int line() {
        return line;
    }

    void patchedBy(Rendered.Source patch) {
        sources.add(patch);
    }

    String name() {
        return Json.text(object, "metadata", "name");
    }

    String namespace() {
        return Json.text(object, "metadata", "namespace");
    }

    String kind() {
        return Json.text(object, "kind");
    }

    void name(String value) {
        metadata().put("name", value);
    }

    ObjectNode metadata() {
        return object.withObject("/metadata");
    }

    ResourceId id() {
        return ResourceId.of(Json.text(object, "apiVersion"), kind(), namespace(), name());
    }

    /**
     * What every step of a build relies on, and each patch may have broken.
     *
     * @throws KustomizeException with the place where the field in question was written last
     */
    void check() {
        if (object.has("metadata") && !object.get("metadata").isObject()) throw problem("/metadata", "metadata is a map of fields, not " + object.get("metadata"));
        for (String field : List.of("/apiVersion", "/kind", "/metadata/name")) {
            JsonNode value = object.at(field);
            if (value.isMissingNode()) throw new KustomizeException(file, line, "the object has no " + field.substring(1).replace('/', '.'));
            if (!value.isValueNode() || value.asText("").isEmpty()) throw problem(field, field.substring(1).replace('/', '.') + " is text, not " + value);
        }
        for (String field : List.of("labels", "annotations")) {
            JsonNode strings = Json.at(object, "metadata", field);
            if (!strings.isMissingNode() && !strings.isNull() && !strings.isObject()) {
                throw problem("/metadata/" + field, "metadata." + field + " is a map of keys to text, not " + strings);
            }
        }
    }

    KustomizeException problem(String pointer, String text) {
        Rendered.Place place = rendered().placeOf(pointer);
        return new KustomizeException(place.file(), place.line(), text);
    }

    /** The id it had when it was read. */
    ResourceId originalId() {
        return previous.isEmpty() ? id() : previous.getFirst();
    }

    /** Ids it had before; with the group and version it has now, as a patch can't change them. */
    List<ResourceId> previousIds() {
        return previous;
    }

    List<ResourceId> allIds() {
        List<ResourceId> all = new ArrayList<>(previous);
        all.add(id());
        return all;
    }

    void rememberId() {
        ResourceId id = id();
        previous.add(new ResourceId(id.group(), id.version(), id.kind(), id.clusterScoped() ? "" : id.effectiveNamespace(), id.name()));
    }

    Map<String, String> strings(String... path) {
        Map<String, String> result = new HashMap<>();
        JsonNode node = Json.at(object, path);
        node.properties().forEach(field -> result.put(field.getKey(), field.getValue().asText()));
        return result;
    }

    /** Takes over the identity and history of the resource that this generated one replaces or is merged into. */
    void succeed(Resource old) {
        mergeStrings(old, "metadata", "labels");
        mergeStrings(old, "metadata", "annotations");
        name(old.name());
        if (old.namespace().isEmpty()) metadata().remove("namespace");
        else metadata().put("namespace", old.namespace());
        previous.addAll(0, old.previous);
        prefixes.addAll(old.prefixes);
        suffixes.addAll(old.suffixes);
        // Kustomize keeps the first one's behavior; the hash is wanted only when both want it.
        behavior = old.behavior;
        hashSuffix = hashSuffix && old.hashSuffix;
    }

    /** Puts the old one's entries of a string map under this one's. */
    void mergeStrings(Resource old, String... path) {
        JsonNode theirs = Json.at(old.object, path);
        if (!theirs.isObject() || theirs.isEmpty()) return;
        ObjectNode merged = theirs.deepCopy();
        JsonNode mine = Json.at(object, path);
        if (mine.isObject()) merged.setAll((ObjectNode) mine);
        ObjectNode parent = path.length == 1 ? object : object.withObject("/" + path[0]);
        parent.set(path[path.length - 1], merged);
    }

    Rendered rendered() {
        return new Rendered(object, file, line, List.copyOf(sources));
    }
}
