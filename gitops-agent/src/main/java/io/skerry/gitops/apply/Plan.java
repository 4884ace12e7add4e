package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.gitops.fleet.Target;
import io.skerry.gitops.journal.ObjectKey;
import io.skerry.gitops.kustomize.Rendered;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Everything a commit wants on this device, in the form that the journal keeps. */
public record Plan(List<Target> targets) {

    private static final String PRUNE_ANNOTATION = "fleet.skerry.io/prune";

    /** Key of an object of a Target. */
    public static ObjectKey key(Target target, Rendered rendered) {
        boolean keep = Json.text(rendered.object(), "metadata", "annotations", PRUNE_ANNOTATION).equals("disabled");
        return ObjectKey.of(rendered.object(), target.prune() && !keep);
    }

    public List<ObjectKey> keys() {
        return targets.stream().flatMap(target -> target.objects().stream().map(object -> key(target, object))).toList();
    }

    /** Targets that can be applied at the same time, each group after those its members depend on. */
    List<List<Target>> waves() {
        Map<String, Integer> depth = new HashMap<>();
        List<List<Target>> waves = new ArrayList<>();
        for (Target target : targets) {
            int wave = target.dependsOn().stream().mapToInt(name -> depth.getOrDefault(name, -1) + 1).max().orElse(0);
            depth.put(target.name(), wave);
            while (waves.size() <= wave) waves.add(new ArrayList<>());
            waves.get(wave).add(target);
        }
        return waves;
    }

    /** Gzipped JSON. */
    public byte[] write() {
        ArrayNode list = Json.array();
        for (Target target : targets) {
            ObjectNode node = list.addObject().put("name", target.name()).put("path", target.path()).put("prune", target.prune()).put("wait", target.waits());
            target.timeout().ifPresent(timeout -> node.put("timeoutMillis", timeout.toMillis()));
            ArrayNode dependsOn = node.putArray("dependsOn");
            target.dependsOn().forEach(dependsOn::add);
            ArrayNode objects = node.putArray("objects");
            target.objects().forEach(object -> objects.addObject().put("file", object.file()).put("line", object.line()).set("object", object.object()));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(Json.bytes(list));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** What {@link #write} wrote; where single fields stood in the repository is not kept. */
    public static Plan read(byte[] content) {
        List<Target> targets = new ArrayList<>();
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(content))) {
            for (JsonNode node : Json.parse(gzip.readAllBytes())) {
                List<String> dependsOn = new ArrayList<>();
                node.path("dependsOn").forEach(name -> dependsOn.add(name.asText()));
                List<Rendered> objects = new ArrayList<>();
                node.path("objects").forEach(object -> objects.add(new Rendered((ObjectNode) object.get("object"), Json.text(object, "file"), object.path("line").asInt(), List.of())));
                Optional<Duration> timeout = node.has("timeoutMillis") ? Optional.of(Duration.ofMillis(node.get("timeoutMillis").asLong())) : Optional.empty();
                targets.add(new Target(Json.text(node, "name"), Json.text(node, "path"), node.path("prune").asBoolean(), node.path("wait").asBoolean(), timeout, dependsOn, objects));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Plan(targets);
    }
}
