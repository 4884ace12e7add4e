package io.skerry.gitops.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.kustomize.FileTree;
import io.skerry.gitops.kustomize.Kustomize;
import io.skerry.gitops.kustomize.KustomizeException;
import io.skerry.gitops.kustomize.Rendered;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a fleet repository (docs/fleet-repository.md): finds the Targets in {@code fleet.yaml} and {@code targets/*.yaml} that select
 * a device and builds them.
 */
public final class FleetRepository {

    /** On every applied object: the Target it comes from. */
    public static final String TARGET_LABEL = "fleet.skerry.io/target";

    private static final String API_VERSION = "fleet.skerry.io/v1";

    private static final System.Logger LOG = System.getLogger(FleetRepository.class.getName());

    private final FileTree tree;
    private final List<Problem> problems = new ArrayList<>();
    /** The file or folder being worked on, for an error that names none. */
    private String reading = "";

    private FleetRepository(FileTree tree) {
        this.tree = tree;
    }

    /**
     * Builds everything that the repository wants on a device.
     *
     * @return the Targets that select the device, each after those it depends on
     * @throws FleetException with all that is wrong; then nothing is to be applied
     */
    public static List<Target> build(FileTree tree, String device, Map<String, String> labels) throws FleetException, IOException {
        FleetRepository repository = new FleetRepository(tree);
        try {
            return repository.build(device, labels);
        } catch (KustomizeException e) {
            repository.problems.add(new Problem(e.file(), e.line(), e.problem()));
        } catch (RuntimeException | Error e) {
            // A commit that meets a gap in the checks is refused as any other: it must not stop the device from taking the next one.
            LOG.log(Level.ERROR, "The build stumbled over the repository", e);
            repository.problems.add(new Problem(repository.reading, 0, "it can't be built: " + e));
        }
        throw new FleetException(repository.problems);
    }

    private List<Target> build(String device, Map<String, String> labels) throws FleetException, IOException {
        Map<String, String> known = new HashMap<>(labels);
        known.putIfAbsent("name", device);
        Map<String, Yaml.Document> declared = targets();
        Map<String, Target> selected = new LinkedHashMap<>();
        declared.forEach((name, document) -> {
            try {
                if (TargetSelector.of(document).matches(known)) selected.put(name, build(name, document));
            } catch (KustomizeException e) {
                problems.add(new Problem(e.file(), e.line(), e.problem()));
            } catch (IOException e) {
                problems.add(new Problem(document.source(), document.line(), "Target " + name + " can't be read: " + e.getMessage()));
            }
        });
        refuseTwins(selected);
        List<Target> ordered = order(selected, declared);
        if (!problems.isEmpty()) throw new FleetException(problems);
        return ordered;
    }

    private Map<String, Yaml.Document> targets() throws FleetException, IOException {
        List<String> files = new ArrayList<>();
        if (tree.kind("fleet.yaml").filter(FileTree.Kind.FILE::equals).isPresent()) files.add("fleet.yaml");
        if (tree.kind("targets").filter(FileTree.Kind.DIRECTORY::equals).isPresent()) {
            for (FileTree.Entry entry : tree.list("targets")) {
                if (entry.kind() == FileTree.Kind.FILE && isYaml(entry.name())) files.add("targets/" + entry.name());
            }
        }
        if (files.isEmpty()) {
            throw new FleetException(List.of(new Problem("", 0, "the repository has neither fleet.yaml nor a file in targets/, so it is no fleet repository")));
        }
        Map<String, Yaml.Document> targets = new LinkedHashMap<>();
        for (String file : files) {
            for (Yaml.Document document : parse(file)) {
                JsonNode root = document.root();
                String name = Json.text(root, "metadata", "name");
                if (!Json.text(root, "apiVersion").equals(API_VERSION) || !Json.text(root, "kind").equals("Target")) {
                    problem(document, "/kind", "this file is for objects of apiVersion " + API_VERSION + ", kind Target");
                } else if (!name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
                    problem(document, "/metadata/name", "the Target's name \"" + name + "\" is not a DNS-1123 label");
                } else if (targets.putIfAbsent(name, document) != null) {
                    problem(document, "/metadata/name", "there is another Target " + name + " at " + targets.get(name).source() + ":" + targets.get(name).line());
                } else {
                    fields(document, "", "apiVersion", "kind", "metadata", "spec");
                    fields(document, "/spec", "selector", "path", "prune", "wait", "timeout", "dependsOn");
                    types(document);
                }
            }
        }
        return targets;
    }

    private List<Yaml.Document> parse(String file) throws IOException {
        reading = file;
        try {
            return Yaml.parseAllYaml12(new String(tree.read(file), StandardCharsets.UTF_8), file);
        } catch (YamlException e) {
            problems.add(new Problem(file, e.line(), e.getMessage().substring(e.getMessage().indexOf(": ") + 2)));
            return List.of();
        }
    }

    private void fields(Yaml.Document document, String pointer, String... known) {
        document.root().at(pointer).fieldNames().forEachRemaining(name -> {
            if (!Set.of(known).contains(name)) problem(document, pointer + "/" + name, "a Target has no field \"" + name + "\" here");
        });
    }

    /** Of the fields that are read leniently later; checked for every Target, so that all devices refuse the same commits. */
    private void types(Yaml.Document document) {
        JsonNode spec = document.root().path("spec");
        if (!spec.isObject()) problem(document, "/spec", "a Target's spec is a map of fields");
        for (String field : List.of("path", "timeout")) {
            if (spec.hasNonNull(field) && !spec.get(field).isTextual()) problem(document, "/spec/" + field, "\"" + field + "\" is text, not " + spec.get(field));
        }
        JsonNode dependsOn = spec.path("dependsOn");
        if (dependsOn.isMissingNode() || dependsOn.isNull()) return;
        if (!dependsOn.isArray()) problem(document, "/spec/dependsOn", "\"dependsOn\" is a list of Targets' names, not " + dependsOn);
        for (int i = 0; i < dependsOn.size() && dependsOn.isArray(); i++) {
            JsonNode entry = dependsOn.get(i);
            if (dependency(entry).isEmpty()) {
                problem(document, "/spec/dependsOn/" + i, "\"dependsOn\" is a list of Targets' names, each a name or {name: a name}, not " + entry);
            }
        }
    }

    /** A Target's name, or "" when the entry is none. */
    private static String dependency(JsonNode entry) {
        JsonNode name = entry.isObject() && entry.size() == 1 ? entry.path("name") : entry;
        return name.isTextual() ? name.textValue() : "";
    }

    private void problem(Yaml.Document document, String pointer, String text) {
        problems.add(new Problem(document.source(), document.lineOf(pointer), text));
    }

    private Target build(String name, Yaml.Document document) throws IOException {
        JsonNode spec = document.root().path("spec");
        String path = Json.text(spec, "path");
        reading = path;
        String folder;
        try {
            folder = FileTree.resolve("", path);
        } catch (IllegalArgumentException e) {
            throw new KustomizeException(document.source(), document.lineOf("/spec/path"), e.getMessage(), e);
        }
        if (path.isEmpty() || tree.kind(folder).filter(FileTree.Kind.DIRECTORY::equals).isEmpty()) {
            throw new KustomizeException(document.source(), document.lineOf("/spec/path"), path.isEmpty() ? "the Target has no path" : "there is no folder \"" + path + "\" in the repository");
        }
        List<Rendered> objects = Kustomize.isKustomization(tree, folder) ? Kustomize.build(tree, folder) : manifests(folder, new HashSet<>());
        List<Rendered> finished = new ArrayList<>();
        for (Rendered object : objects) finished.add(finish(object, name));
        List<String> dependsOn = new ArrayList<>();
        if (spec.path("dependsOn").isArray()) {
            for (JsonNode entry : spec.path("dependsOn")) {
                if (!dependency(entry).isEmpty()) dependsOn.add(dependency(entry));
            }
        }
        return new Target(name, folder, flag(document, "prune"), flag(document, "wait"), timeout(document), dependsOn, finished);
    }

    /** True unless it says false. */
    private static boolean flag(Yaml.Document document, String field) {
        JsonNode value = Json.at(document.root(), "spec", field);
        if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
            throw new KustomizeException(document.source(), document.lineOf("/spec/" + field), "\"" + field + "\" is true or false, not " + value);
        }
        return value.asBoolean(true);
    }

    private static Optional<Duration> timeout(Yaml.Document document) {
        try {
            return Durations.parse(Json.text(document.root(), "spec", "timeout"));
        } catch (IllegalArgumentException e) {
            throw new KustomizeException(document.source(), document.lineOf("/spec/timeout"), e.getMessage(), e);
        }
    }

    /** A folder without kustomization: all manifests in it and below, as Flux takes them; folders with a kustomization are built. */
    private List<Rendered> manifests(String folder, Set<String> read) throws IOException {
        if (!read.add(tree.real(folder))) throw new KustomizeException(folder, 0, "the symbolic link leads to the folder \"" + tree.real(folder) + "\", which this Target reads already");
        reading = folder;
        List<Rendered> objects = new ArrayList<>();
        for (FileTree.Entry entry : tree.list(folder)) {
            String path = folder.isEmpty() ? entry.name() : folder + "/" + entry.name();
            if (entry.name().startsWith(".")) continue;
            if (entry.kind() == FileTree.Kind.FILE) {
                if (isYaml(entry.name())) objects.addAll(Kustomize.manifests(tree, path));
            } else if (Kustomize.isKustomization(tree, path)) {
                objects.addAll(Kustomize.build(tree, path));
            } else if (tree.kind(path + "/Chart.yaml").isEmpty()) {
                objects.addAll(manifests(path, read));
            }
        }
        return objects;
    }

    private static boolean isYaml(String name) {
        return name.endsWith(".yaml") || name.endsWith(".yml");
    }

    private Rendered finish(Rendered rendered, String target) throws IOException {
        ObjectNode object = rendered.object();
        object.withObject("/metadata/labels").put(TARGET_LABEL, target);
        object.remove("status");
        String apiVersion = Json.text(object, "apiVersion");
        if (apiVersion.equals("v1")) {
            // Kustomize wraps base64; the API's canonical form has no line ends.
            unwrap(object.path("data"), Json.text(object, "kind").equals("Secret"));
            unwrap(object.path("binaryData"), true);
        }
        if (apiVersion.equals("helm.cattle.io/v1") && Json.text(object, "kind").equals("HelmChart")) packChart(rendered);
        return rendered;
    }

    private static void unwrap(JsonNode data, boolean base64) {
        if (!base64 || !(data instanceof ObjectNode fields)) return;
        fields.properties().forEach(field -> fields.put(field.getKey(), field.getValue().asText().replace("\n", "")));
    }

    /** A chart named by a path is a folder of this repository: it goes into the object, as a device has nowhere else to get it from. */
    private void packChart(Rendered rendered) throws IOException {
        String chart = Json.text(rendered.object(), "spec", "chart");
        if (!chart.startsWith("./") && !chart.startsWith("../")) return;
        Rendered.Place place = rendered.placeOf("/spec/chart");
        String folder;
        try {
            folder = FileTree.resolve("", chart);
        } catch (IllegalArgumentException e) {
            throw new KustomizeException(place.file(), place.line(), e.getMessage(), e);
        }
        if (folder.isEmpty()) throw new KustomizeException(place.file(), place.line(), "a chart has a folder of its own; this is the repository's root");
        if (tree.kind(folder + "/Chart.yaml").isEmpty()) {
            throw new KustomizeException(place.file(), place.line(), "there is no chart at \"" + chart + "\" (seen from the repository's root): " + folder + "/Chart.yaml does not exist");
        }
        ObjectNode spec = (ObjectNode) rendered.object().get("spec");
        spec.remove("chart");
        spec.put("chartContent", Base64.getEncoder().encodeToString(ChartArchive.pack(tree, folder)));
    }

    private void refuseTwins(Map<String, Target> selected) {
        Map<String, String> owners = new HashMap<>();
        selected.forEach((name, target) -> target.objects().forEach(rendered -> {
            ObjectNode object = rendered.object();
            String id = Json.text(object, "kind") + " " + Json.text(object, "metadata", "namespace") + "/" + Json.text(object, "metadata", "name")
                    + " " + Json.text(object, "apiVersion").replaceFirst("/?[^/]*$", "");
            String other = owners.putIfAbsent(id, name);
            if (other != null) {
                problems.add(new Problem(rendered.file(), rendered.line(), Json.text(object, "kind") + " " + Json.text(object, "metadata", "name")
                        + (other.equals(name) ? " is twice in Target " + name : " is in two Targets of this device, " + other + " and " + name)));
            }
        }));
    }

    private List<Target> order(Map<String, Target> selected, Map<String, Yaml.Document> declared) {
        List<Target> ordered = new ArrayList<>();
        List<String> open = new ArrayList<>();
        selected.keySet().forEach(name -> visit(name, selected, declared, open, ordered));
        return ordered;
    }

    private void visit(String name, Map<String, Target> selected, Map<String, Yaml.Document> declared, List<String> open, List<Target> ordered) {
        Target target = selected.get(name);
        if (ordered.contains(target)) return;
        Yaml.Document document = declared.get(name);
        if (open.contains(name)) {
            problem(document, "/spec/dependsOn", "Targets depend on each other in a circle: " + String.join(" → ", open) + " → " + name);
            return;
        }
        open.add(name);
        for (String dependency : target.dependsOn()) {
            if (!declared.containsKey(dependency)) problem(document, "/spec/dependsOn", "there is no Target \"" + dependency + "\" to depend on");
            else if (!selected.containsKey(dependency)) problem(document, "/spec/dependsOn", "Target " + dependency + " does not select this device, so " + name + " can't depend on it");
            else visit(dependency, selected, declared, open, ordered);
        }
        open.remove(name);
        if (!ordered.contains(target)) ordered.add(target);
    }
}
