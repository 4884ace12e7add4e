package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Builds a kustomization from a tree of files, as {@code kubectl kustomize} does (Kustomize 5; the order of steps and the result's
 * order are its own). Reads nothing but the tree: bases from other repositories are refused, and so are Helm charts, plugins and vars.
 */
public final class Kustomize {

    private final FileTree tree;
    /** Folders being built, outermost first: a base that leads back to one of them is a circle. */
    private final Deque<String> building = new ArrayDeque<>();

    private Kustomize(FileTree tree) {
        this.tree = tree;
    }

    /** Whether a folder has a kustomization file. */
    public static boolean isKustomization(FileTree tree, String directory) throws IOException {
        return KustomizationFile.find(tree, directory).isPresent();
    }

    /**
     * Builds the kustomization in a folder of the tree.
     *
     * @return the objects in the order of the result
     * @throws KustomizeException when something in the repository is wrong; says file and line
     */
    public static List<Rendered> build(FileTree tree, String directory) throws IOException {
        Kustomize build = new Kustomize(tree);
        ResourceMap resources = new ResourceMap();
        KustomizationFile root = build.accumulate(FileTree.resolve("", directory), resources, false);
        for (Resource resource : resources.all()) {
            if (!resource.hashSuffix) continue;
            resource.rememberId();
            resource.name(resource.name() + "-" + ContentHash.of(resource.object()));
        }
        new NameReferences(resources).fix();
        resources.all().forEach(Resource::check);
        resources.all().removeIf(resource -> !Json.text(resource.object(), "metadata", "annotations", "config.kubernetes.io/local-config").isEmpty()
                && !Json.text(resource.object(), "metadata", "annotations", "config.kubernetes.io/local-config").equals("false"));
        ResultOrder.sort(resources.all(), root);
        return resources.all().stream().map(Resource::rendered).toList();
    }

    /** All objects of a manifest file, Lists taken apart. */
    public static List<Rendered> manifests(FileTree tree, String file) throws IOException {
        ResourceMap resources = new ResourceMap();
        addDocuments(KustomizationFile.parse(file, tree.read(file)), resources);
        return resources.all().stream().map(Resource::rendered).toList();
    }

    private KustomizationFile accumulate(String directory, ResourceMap resources, boolean component) throws IOException {
        KustomizationFile file = KustomizationFile.load(tree, directory, component);
        String real = tree.real(directory);
        if (building.contains(real)) {
            throw new KustomizeException(file.path(), 0, "the kustomization leads back to itself: " + String.join(" → ", building) + " → " + real);
        }
        building.addLast(real);
        resources(file, "resources", resources);
        resources(file, "bases", resources);
        new Generators(file).generateInto(resources);
        JsonNode components = file.list("components");
        for (int i = 0; i < components.size(); i++) {
            // A component works on what its user has gathered so far, not on resources of its own.
            accumulate(folder(file, "/components/" + i, components.get(i).asText()), resources, true);
        }
        transform(file, resources);
        building.removeLast();
        return file;
    }

    private void resources(KustomizationFile file, String field, ResourceMap resources) throws IOException {
        JsonNode entries = file.list(field);
        for (int i = 0; i < entries.size(); i++) {
            String pointer = "/" + field + "/" + i;
            String entry = entries.get(i).asText();
            String path = path(file, pointer, entry);
            if (tree.kind(path).equals(Optional.of(FileTree.Kind.FILE))) {
                addDocuments(file.documents(entry), resources);
            } else {
                ResourceMap base = new ResourceMap();
                accumulate(folder(file, pointer, entry), base, false);
                resources.addAll(base);
            }
        }
    }

    private String path(KustomizationFile file, String pointer, String entry) {
        if (entry.contains("://") || entry.startsWith("git@") || entry.matches("[a-zA-Z0-9.-]+\\.(com|org|io|net|dev)/.*") || entry.contains("?ref=")) {
            throw new KustomizeException(file.path(), file.line(pointer), "\"" + entry + "\" is in another repository; a device builds from the fleet repository only: copy it there");
        }
        return file.at(pointer, () -> file.resolve(entry));
    }

    private String folder(KustomizationFile file, String pointer, String entry) throws IOException {
        String path = path(file, pointer, entry);
        Optional<FileTree.Kind> kind = tree.kind(path);
        if (kind.isEmpty()) throw new KustomizeException(file.path(), file.line(pointer), "\"" + entry + "\" does not exist");
        if (kind.get() == FileTree.Kind.FILE) throw new KustomizeException(file.path(), file.line(pointer), "\"" + entry + "\" is a file where a folder is wanted");
        if (KustomizationFile.find(tree, path).isEmpty()) {
            throw new KustomizeException(file.path(), file.line(pointer), "the folder \"" + entry + "\" has no kustomization.yaml");
        }
        return path;
    }

    private static void addDocuments(List<Yaml.Document> documents, ResourceMap resources) {
        for (Yaml.Document document : documents) {
            if (!(document.root() instanceof ObjectNode object)) throw new KustomizeException(document.source(), document.line(), "this is not an object with apiVersion and kind");
            if (Json.text(object, "kind").endsWith("List") && object.path("items").isArray()) {
                for (int i = 0; i < object.get("items").size(); i++) {
                    if (object.get("items").get(i) instanceof ObjectNode item) {
                        Resource resource = new Resource(item.deepCopy(), document.source(), document.lineOf("/items/" + i));
                        String prefix = "/items/" + i;
                        resource.patchedBy(pointer -> Rendered.Source.of(document).find(prefix + pointer));
                        resource.check();
                        resources.add(resource);
                    }
                }
            } else {
                Resource resource = new Resource(object.deepCopy(), document);
                resource.check();
                resources.add(resource);
            }
        }
    }

    /** In Kustomize's order, which shows: a patch sees old names, a JSON patch of patchesJson6902 new ones. */
    private static void transform(KustomizationFile file, ResourceMap resources) {
        Patches patches = new Patches(file, resources);
        patches.strategicMerge();
        patches.of("patches");
        String namespace = file.text("namespace");
        if (!namespace.isEmpty()) file.at("/namespace", () -> Transformers.namespace(resources, namespace));
        if (!file.text("namePrefix").isEmpty()) Transformers.rename(resources, file.text("namePrefix"), "");
        if (!file.text("nameSuffix").isEmpty()) Transformers.rename(resources, "", file.text("nameSuffix"));
        labels(file, resources);
        file.at("/commonAnnotations", () -> Transformers.strings(resources, file.root().path("commonAnnotations"), LabelFields.ANNOTATIONS));
        patches.of("patchesJson6902");
        each(file, "replicas", entry -> Transformers.replicas(resources, entry), "name", "count");
        for (String field : List.of("images", "imageTags")) {
            each(file, field, entry -> Transformers.image(resources, entry), "name", "newName", "newTag", "digest", "tagSuffix");
        }
        new Replacements(file, resources).apply();
    }

    private static void each(KustomizationFile file, String field, Consumer<JsonNode> step, String... fields) {
        JsonNode entries = file.list(field);
        for (int i = 0; i < entries.size(); i++) {
            JsonNode entry = entries.get(i);
            file.onlyFields("/" + field + "/" + i, fields);
            file.at("/" + field + "/" + i, () -> step.accept(entry));
        }
    }

    private static void labels(KustomizationFile file, ResourceMap resources) {
        JsonNode entries = file.list("labels");
        for (int i = 0; i < entries.size(); i++) {
            JsonNode entry = entries.get(i);
            String pointer = "/labels/" + i;
            file.onlyFields(pointer, "pairs", "includeSelectors", "includeTemplates", "fields");
            List<FieldSpec> specs = new ArrayList<>(entry.path("includeSelectors").asBoolean() ? LabelFields.SELECTORS
                    : entry.path("includeTemplates").asBoolean() ? LabelFields.TEMPLATES : LabelFields.METADATA);
            for (JsonNode field : entry.path("fields")) {
                specs.add(new FieldSpec(Json.text(field, "group"), Json.text(field, "version"), Json.text(field, "kind"), Json.text(field, "path"), field.path("create").asBoolean()));
            }
            file.at(pointer, () -> Transformers.strings(resources, entry.path("pairs"), specs));
        }
        file.at("/commonLabels", () -> Transformers.strings(resources, file.root().path("commonLabels"), LabelFields.SELECTORS));
    }
}
