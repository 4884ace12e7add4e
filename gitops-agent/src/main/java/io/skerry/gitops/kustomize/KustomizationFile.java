package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A kustomization.yaml: its fields, where they stand, and the files it names. */
final class KustomizationFile {

    private static final List<String> NAMES = List.of("kustomization.yaml", "kustomization.yml", "Kustomization");

    private static final Set<String> FIELDS = Set.of("apiVersion", "kind", "metadata", "resources", "bases", "components", "namespace", "namePrefix",
            "nameSuffix", "labels", "commonLabels", "commonAnnotations", "images", "imageTags", "replicas", "configMapGenerator", "secretGenerator",
            "generatorOptions", "patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "sortOptions");

    private static final List<String> TEXTS = List.of("namespace", "namePrefix", "nameSuffix");

    private static final List<String> STRING_MAPS = List.of("commonLabels", "commonAnnotations");

    private static final List<String> MAPS = List.of("generatorOptions", "sortOptions");

    private static final List<String> TEXT_LISTS = List.of("resources", "bases", "components", "patchesStrategicMerge");

    private static final List<String> MAP_LISTS = List.of("labels", "images", "imageTags", "replicas", "configMapGenerator", "secretGenerator", "patches",
            "patchesJson6902", "replacements");

    private static final Set<String> UNSUPPORTED = Set.of("helmCharts", "helmGlobals", "helmChartInflationGenerator", "vars", "crds", "configurations",
            "generators", "transformers", "validators", "openapi", "buildMetadata");

    private final FileTree tree;
    private final String directory;
    private final Yaml.Document document;

    private KustomizationFile(FileTree tree, String directory, Yaml.Document document) {
        this.tree = tree;
        this.directory = directory;
        this.document = document;
    }

    /** The path of the folder's kustomization file, if it has one. */
    static Optional<String> find(FileTree tree, String directory) throws IOException {
        String found = null;
        for (String name : NAMES) {
            String path = FileTree.resolve(directory, name);
            if (tree.kind(path).filter(FileTree.Kind.FILE::equals).isEmpty()) continue;
            if (found != null) throw new KustomizeException(path, 0, "the folder has another kustomization file, " + found + "; keep one");
            found = path;
        }
        return Optional.ofNullable(found);
    }

    static KustomizationFile load(FileTree tree, String directory, boolean component) throws IOException {
        String path = find(tree, directory)
                .orElseThrow(() -> new KustomizeException(directory.isEmpty() ? "." : directory, 0, "the folder has no kustomization.yaml"));
        List<Yaml.Document> documents = parse(path, tree.read(path));
        if (documents.isEmpty()) throw new KustomizeException(path, 1, "the kustomization is empty");
        if (documents.size() > 1) throw new KustomizeException(path, documents.get(1).line(), "a kustomization file is one document; this is a second one");
        KustomizationFile file = new KustomizationFile(tree, directory, documents.getFirst());
        file.check(component);
        return file;
    }

    static List<Yaml.Document> parse(String path, byte[] content) {
        try {
            return Yaml.parseAllYaml12(new String(content, StandardCharsets.UTF_8), path);
        } catch (YamlException e) {
            String place = e.source() + ":" + e.line() + ":" + e.column() + ": ";
            String problem = e.getMessage().startsWith(place) ? e.getMessage().substring(place.length()) : e.getMessage();
            throw new KustomizeException(path, e.line(), problem, e);
        }
    }

    private void check(boolean component) {
        JsonNode root = document.root();
        if (!root.isObject()) throw new KustomizeException(path(), document.line(), "a kustomization is a map of fields");
        String kind = Json.text(root, "kind");
        String wanted = component ? "Component" : "Kustomization";
        if (!kind.equals(wanted) && (component || !kind.isEmpty())) {
            throw new KustomizeException(path(), line("/kind"), "kind is \"" + kind + "\" where " + wanted + " is wanted"
                    + (kind.equals("Component") ? "; list a Component under components, not resources" : ""));
        }
        String version = Json.text(root, "apiVersion");
        String wantedVersion = component ? "kustomize.config.k8s.io/v1alpha1" : "kustomize.config.k8s.io/v1beta1";
        if (!version.isEmpty() && !version.equals(wantedVersion)) {
            throw new KustomizeException(path(), line("/apiVersion"), "apiVersion is \"" + version + "\" where " + wantedVersion + " is wanted");
        }
        root.fieldNames().forEachRemaining(name -> {
            if (UNSUPPORTED.contains(name)) {
                throw new KustomizeException(path(), line("/" + name), "\"" + name + "\" is not supported" + (name.startsWith("helm") ? "; use a HelmChart object" : name.equals("vars") ? "; use replacements" : ""));
            }
            if (!FIELDS.contains(name)) throw new KustomizeException(path(), line("/" + name), "unknown field \"" + name + "\"");
        });
        types();
    }

    /** What is of another type would be passed over, and the objects go out without the namespace or label that was meant. */
    private void types() {
        for (String field : TEXTS) wanted("/" + field, JsonNode::isTextual, "text");
        for (String field : STRING_MAPS) stringMap("/" + field);
        for (String field : MAPS) wanted("/" + field, JsonNode::isObject, "a map");
        for (String field : List.of("labels", "annotations")) stringMap("/generatorOptions/" + field);
        for (String field : TEXT_LISTS) {
            for (int i = 0; i < list(field).size(); i++) wanted("/" + field + "/" + i, JsonNode::isTextual, "text");
        }
        for (String field : MAP_LISTS) {
            for (int i = 0; i < list(field).size(); i++) wanted("/" + field + "/" + i, JsonNode::isObject, "a map");
        }
        for (int i = 0; i < list("labels").size(); i++) {
            stringMap("/labels/" + i + "/pairs");
            wanted("/labels/" + i + "/fields", JsonNode::isArray, "a list");
        }
        for (String field : List.of("configMapGenerator", "secretGenerator")) {
            for (int i = 0; i < list(field).size(); i++) {
                for (String sources : List.of("files", "literals", "envs")) wanted("/" + field + "/" + i + "/" + sources, JsonNode::isArray, "a list");
                wanted("/" + field + "/" + i + "/options", JsonNode::isObject, "a map");
                for (String strings : List.of("labels", "annotations")) stringMap("/" + field + "/" + i + "/options/" + strings);
            }
        }
    }

    private void stringMap(String pointer) {
        wanted(pointer, JsonNode::isObject, "a map of keys to text");
        document.root().at(pointer).properties().forEach(entry -> wanted(pointer + "/" + entry.getKey().replace("~", "~0").replace("/", "~1"), JsonNode::isValueNode, "text"));
    }

    /** A field may be missing or null. */
    private void wanted(String pointer, Predicate<JsonNode> type, String name) {
        JsonNode value = document.root().at(pointer);
        if (value.isMissingNode() || value.isNull() || type.test(value)) return;
        throw new KustomizeException(path(), line(pointer), "\"" + pointer.substring(1).replace('/', '.') + "\" is " + name + ", not " + value);
    }

    String path() {
        return document.source();
    }

    String directory() {
        return directory;
    }

    JsonNode root() {
        return document.root();
    }

    int line(String pointer) {
        return document.lineOf(pointer);
    }

    String text(String field) {
        return Json.text(document.root(), field);
    }

    /** A list field; an empty list when it is missing. */
    JsonNode list(String field) {
        JsonNode value = document.root().path(field);
        if (value.isMissingNode() || value.isNull()) return Json.array();
        if (!value.isArray()) throw new KustomizeException(path(), line("/" + field), "\"" + field + "\" is a list");
        return value;
    }

    void onlyFields(String pointer, String... known) {
        document.root().at(pointer).fieldNames().forEachRemaining(name -> {
            if (!Set.of(known).contains(name)) throw new KustomizeException(path(), line(pointer + "/" + name), "unknown field \"" + name + "\"");
        });
    }

    /** A path written in this file as a path of the tree. */
    String resolve(String relative) {
        return FileTree.resolve(directory, relative);
    }

    byte[] read(String relative) {
        try {
            String file = resolve(relative);
            if (tree.kind(file).isEmpty()) throw new IllegalArgumentException("the file \"" + relative + "\" does not exist");
            return tree.read(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("the file \"" + relative + "\" can't be read: " + e.getMessage(), e);
        }
    }

    List<Yaml.Document> documents(String relative) {
        return parse(resolve(relative), read(relative));
    }

    /** Runs a step that a field of this file asks for; what goes wrong in it without a place of its own is put down to that field. */
    <T> T at(String pointer, Supplier<T> step) {
        try {
            return step.get();
        } catch (IllegalArgumentException | PatchException e) {
            throw new KustomizeException(path(), line(pointer), e.getMessage(), e);
        }
    }

    void at(String pointer, Runnable step) {
        at(pointer, () -> {
            step.run();
            return null;
        });
    }
}
