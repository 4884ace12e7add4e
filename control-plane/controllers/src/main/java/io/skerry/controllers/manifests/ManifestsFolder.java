package io.skerry.controllers.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Crds;
import io.skerry.controllers.runtime.Discovery;
import io.skerry.controllers.runtime.Discovery.ApiType;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Applies the manifests of a folder at start and whenever a file changes, as k3s does with {@code server/manifests}. What a file no longer
 * holds is deleted; deleting the file deletes nothing; a file with {@code .skip} beside it is left alone. What was applied from which file
 * stands in an Addon (k3s.cattle.io/v1, namespace kube-system). Keys are paths relative to the folder.
 */
public final class ManifestsFolder implements Controller {
    static final String MANAGER = "skerry-manifests";
    private static final Logger LOG = System.getLogger(ManifestsFolder.class.getName());
    private static final String NAMESPACE = "kube-system";
    private static final Duration AGAIN = Duration.ofSeconds(15);

    private final Informers informers;
    private final Path folder;
    private final EventRecorder events;
    private FolderWatch watch;

    public ManifestsFolder(Informers informers, Path folder) {
        this.informers = informers;
        this.folder = folder;
        this.events = informers.recorder(name());
    }

    @Override public String name() { return "deploy-controller"; }

    @Override public void prepare() throws IOException {
        Files.createDirectories(folder);
        Crds.ensure(informers.client(), Crds.read(ManifestsFolder.class, "crds.yaml"));
    }

    @Override public List<Watch<?>> watches() { return List.of(); }

    /** Manifests may hold anything. */
    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(HasMetadata.class); }

    /** One file at a time, in the order of their names: a file may need what an earlier one makes. */
    @Override public int concurrency() { return 1; }

    @Override public void sources(Consumer<Key> queue) {
        watch = new FolderWatch(folder, path -> {
            String name = folder.relativize(path).toString();
            if (name.endsWith(".skip")) name = name.substring(0, name.length() - ".skip".length());
            if (isManifest(name)) queue.accept(new Key("", name));
        });
        watch.start();
    }

    @Override public void stop() {
        if (watch != null) watch.close();
    }

    private static boolean isManifest(String name) {
        String n = name.toLowerCase(Locale.ROOT);
        return n.endsWith(".yaml") || n.endsWith(".yml") || n.endsWith(".json");
    }

    @Override public void reconcile(Key key) throws Exception {
        Path file = folder.resolve(key.name());
        if (!Files.isRegularFile(file) || Files.exists(Path.of(file + ".skip"))) return;
        byte[] content = Files.readAllBytes(file);
        String checksum = sha256(content);
        Addon addon = addon(file);
        JsonNode before = addon.getSpec() == null ? Json.object() : addon.getSpec();
        if (checksum.equals(Json.text(before, "checksum"))) return;
        try {
            List<JsonNode> objects = parse(new String(content, StandardCharsets.UTF_8), file.toString());
            apply(addon, file, before, objects, checksum);
            LOG.log(Level.INFO, "applied manifest {0}", file);
            events.normal(addon, "AppliedManifest", "Applied manifest at \"" + file + "\"");
        } catch (YamlException | ManifestException e) {
            // It stays wrong until someone changes the file, which is an event.
            LOG.log(Level.WARNING, "manifest not applied: {0}", e.getMessage());
            events.warning(addon, "ParseManifestFailed", "Parse manifest at \"" + file + "\" failed: " + e.getMessage());
        } catch (KubernetesClientException | IllegalStateException e) {
            String problem = e instanceof KubernetesClientException k ? PodControl.message(k) : e.getMessage();
            LOG.log(Level.WARNING, "manifest {0} not applied: {1}", file, problem);
            events.warning(addon, "ApplyManifestFailed", "Applying manifest at \"" + file + "\" failed: " + problem);
            Requeue.after(AGAIN); // something it needs may come later: a CRD, a webhook
        }
    }

    private static final class ManifestException extends RuntimeException {
        private static final long serialVersionUID = 1;

        ManifestException(String message) { super(message); }
    }

    /** The file's objects; Lists are taken apart, namespaces and CRDs come first. */
    static List<JsonNode> parse(String text, String source) {
        List<JsonNode> objects = new ArrayList<>();
        for (Yaml.Document d : Yaml.parseAll(text, source)) {
            String where = source + ":" + d.line() + ": ";
            boolean list = Json.text(d.root(), "kind").endsWith("List") && d.root().path("items").isArray();
            for (JsonNode o : list ? d.root().path("items") : Json.array().add(d.root())) {
                if (!o.isObject()) throw new ManifestException(where
                    + "this is no Kubernetes object; each document must be a map with apiVersion, kind and metadata");
                for (String field : List.of("apiVersion", "kind")) if (Json.text(o, field).isEmpty()) throw new ManifestException(where + field
                    + " is missing");
                if (Json.text(o, "metadata", "name").isEmpty()) throw new ManifestException(where + Json.text(o, "kind") + ": metadata.name is missing");
                objects.add(o);
            }
        }
        objects.sort(Comparator.comparingInt(o -> switch (Json.text(o, "kind")) {
            case "Namespace" -> 0;
            case "CustomResourceDefinition" -> 1;
            default -> 2;
        }));
        return objects;
    }

    private void apply(Addon addon, Path file, JsonNode before, List<JsonNode> objects, String checksum) {
        Set<String> recorded = new LinkedHashSet<>();
        before.path("objects").forEach(o -> recorded.add(o.asText()));
        Types types = new Types();
        Set<String> wanted = new LinkedHashSet<>();
        for (JsonNode o : objects) {
            if (!isCrd(o) && types.find(o) == null && objects.stream().noneMatch(c -> defines(c, o))) {
                throw new IllegalStateException("no matches for kind \"" + Json.text(o, "kind") + "\" in version \"" + Json.text(o, "apiVersion")
                    + "\"; ensure CRDs are installed first");
            }
            wanted.add(reference(o, types));
        }
        // Written down first: after a power cut the next run knows what may be there of this file and of the one before.
        Set<String> both = new LinkedHashSet<>(recorded);
        both.addAll(wanted);
        if (!both.equals(recorded)) record(addon, file, "", both);
        for (JsonNode o : objects) apply(o, types);
        recorded.removeAll(wanted);
        for (String gone : recorded) prune(gone, types);
        record(addon, file, checksum, wanted);
    }

    private static boolean isCrd(JsonNode o) {
        return Json.text(o, "kind").equals("CustomResourceDefinition");
    }

    private static boolean defines(JsonNode crd, JsonNode o) {
        return isCrd(crd) && Json.text(crd, "spec", "names", "kind").equals(Json.text(o, "kind"))
            && Json.text(o, "apiVersion").startsWith(Json.text(crd, "spec", "group") + "/");
    }

    private void apply(JsonNode object, Types types) {
        ApiType type = types.find(object);
        for (int i = 0; type == null && i < 20; i++) { // its CRD was applied a moment ago
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            type = types.again(object);
        }
        if (type == null) throw new IllegalStateException("no matches for kind \"" + Json.text(object, "kind") + "\" in version \""
            + Json.text(object, "apiVersion") + "\"; ensure CRDs are installed first");
        ObjectNode o = object.deepCopy();
        String namespace = Json.text(o, "metadata", "namespace");
        if (type.namespaced() && namespace.isEmpty()) ((ObjectNode) o.get("metadata")).put("namespace", namespace = "default");
        Patch.APPLY.send(informers.client(), type.path(namespace, Json.text(o, "metadata", "name")) + "?force=true&fieldManager=" + MANAGER, o);
    }

    private static String reference(JsonNode o, Types types) {
        ApiType t = types.find(o);
        String namespace = Json.text(o, "metadata", "namespace");
        if (t == null || t.namespaced()) namespace = namespace.isEmpty() ? "default" : namespace;
        else namespace = "-";
        return Json.text(o, "apiVersion") + " " + Json.text(o, "kind") + " " + namespace + " " + Json.text(o, "metadata", "name");
    }

    private void prune(String reference, Types types) {
        String[] r = reference.split(" ");
        ApiType type = types.find(Json.object().put("apiVersion", r[0]).put("kind", r[1]));
        if (type == null) return; // no such type any more, so no such object
        one(type, r[2], r[3]).delete();
        LOG.log(Level.INFO, "deleted {0} {1}, which its manifest no longer holds", r[1], r[2].equals("-") ? r[3] : r[2] + "/" + r[3]);
    }

    private Resource<GenericKubernetesResource> one(ApiType type, String namespace, String name) {
        var all = type.of(informers.client());
        return type.namespaced() ? all.inNamespace(namespace).withName(name) : all.withName(name);
    }

    /** The served types, asked for once a file and again when one is missing. */
    private final class Types {
        private List<ApiType> types = Discovery.everyVersion(informers.client()).types();

        ApiType find(JsonNode o) {
            return types.stream().filter(t -> t.apiVersion().equals(Json.text(o, "apiVersion")) && t.kind().equals(Json.text(o, "kind"))).findFirst()
                .orElse(null);
        }

        ApiType again(JsonNode o) {
            types = Discovery.everyVersion(informers.client()).types();
            return find(o);
        }
    }

    private NonNamespaceOperation<Addon, ?, Resource<Addon>> addons() {
        KubernetesClient client = informers.client();
        return client.resources(Addon.class).inNamespace(NAMESPACE);
    }

    /** The file's Addon; made if it is not there yet, so that events can speak of it. */
    private Addon addon(Path file) {
        String base = folder.relativize(file).toString();
        String name = base.substring(0, base.lastIndexOf('.')).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]+", "-")
            .replaceAll("^[^a-z0-9]+|[^a-z0-9]+$", "");
        Addon there = addons().withName(name).get();
        if (there != null) return there;
        Addon fresh = new Addon();
        fresh.setMetadata(new ObjectMetaBuilder().withNamespace(NAMESPACE).withName(name).build());
        fresh.setSpec(Json.object().put("source", file.toString()).put("checksum", ""));
        return addons().resource(fresh).create();
    }

    private void record(Addon addon, Path file, String checksum, Set<String> objects) {
        ObjectNode patch = Json.object();
        ObjectNode spec = patch.putObject("spec").put("source", file.toString()).put("checksum", checksum);
        var list = spec.putArray("objects");
        objects.forEach(list::add);
        Patch.MERGE.send(informers.client(), addon, null, patch);
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
