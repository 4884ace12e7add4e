package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Makes ConfigMaps and Secrets from files, env files and literals: {@code configMapGenerator} and {@code secretGenerator}. */
final class Generators {

    private final KustomizationFile kustomization;

    Generators(KustomizationFile kustomization) {
        this.kustomization = kustomization;
    }

    void generateInto(ResourceMap resources) {
        generate("configMapGenerator", "ConfigMap", resources);
        generate("secretGenerator", "Secret", resources);
    }

    private void generate(String field, String kind, ResourceMap resources) {
        JsonNode entries = kustomization.list(field);
        for (int i = 0; i < entries.size(); i++) {
            String pointer = "/" + field + "/" + i;
            Resource resource = kustomization.at(pointer, () -> generate(kind, kustomization.root().at(pointer), pointer));
            resources.absorb(resource);
        }
    }

    private Resource generate(String kind, JsonNode entry, String pointer) {
        kustomization.onlyFields(pointer, "name", "namespace", "behavior", "files", "literals", "env", "envs", "options", "type", "kvSources");
        String name = Json.text(entry, "name");
        if (name.isEmpty()) throw new IllegalArgumentException("a generated " + kind + " needs a name");
        ObjectNode object = Json.object().put("apiVersion", "v1").put("kind", kind);
        ObjectNode metadata = object.putObject("metadata").put("name", name);
        if (!Json.text(entry, "namespace").isEmpty()) metadata.put("namespace", Json.text(entry, "namespace"));
        Map<String, byte[]> pairs = pairs(entry, pointer);
        if (kind.equals("Secret")) secretData(object, pairs, Json.text(entry, "type"));
        else configMapData(object, pairs);

        JsonNode global = kustomization.root().path("generatorOptions");
        JsonNode local = entry.path("options");
        strings(metadata, "labels", global, local);
        strings(metadata, "annotations", global, local);
        if (flag(global, local, "immutable")) object.put("immutable", true);
        Resource resource = new Resource(object, kustomization.path(), kustomization.line(pointer));
        resource.hashSuffix = !flag(global, local, "disableNameSuffixHash");
        resource.behavior = switch (Json.text(entry, "behavior")) {
            case "" -> Resource.Behavior.UNSPECIFIED;
            case "create" -> Resource.Behavior.CREATE;
            case "merge" -> Resource.Behavior.MERGE;
            case "replace" -> Resource.Behavior.REPLACE;
            default -> throw new IllegalArgumentException("behavior \"" + Json.text(entry, "behavior") + "\" is none of create, merge, replace");
        };
        return resource;
    }

    /** The generator's own option wins; a boolean is on when either says so, as in Kustomize. */
    private static boolean flag(JsonNode global, JsonNode local, String name) {
        return global.path(name).asBoolean() || local.path(name).asBoolean();
    }

    private static void strings(ObjectNode metadata, String field, JsonNode global, JsonNode local) {
        ObjectNode merged = Json.object();
        global.path(field).properties().forEach(entry -> merged.put(entry.getKey(), entry.getValue().asText()));
        local.path(field).properties().forEach(entry -> merged.put(entry.getKey(), entry.getValue().asText()));
        if (!merged.isEmpty()) metadata.set(field, merged);
    }

    private Map<String, byte[]> pairs(JsonNode entry, String pointer) {
        Map<String, byte[]> pairs = new TreeMap<>();
        for (JsonNode path : entry.path("envs")) envFile(path.asText(), pairs);
        if (entry.has("env")) envFile(Json.text(entry, "env"), pairs);
        for (JsonNode literal : entry.path("literals")) {
            String text = literal.asText();
            int equals = text.indexOf('=');
            if (equals <= 0) throw new IllegalArgumentException("the literal \"" + text + "\" is not key=value");
            put(pairs, text.substring(0, equals), unquote(text.substring(equals + 1)).getBytes(StandardCharsets.UTF_8));
        }
        JsonNode files = entry.path("files");
        for (int i = 0; i < files.size(); i++) {
            String source = files.get(i).asText();
            kustomization.at(pointer + "/files/" + i, () -> {
                file(source, pairs);
                return null;
            });
        }
        return pairs;
    }

    private void file(String source, Map<String, byte[]> pairs) {
        String[] parts = source.split("=", -1);
        if (parts.length > 2 || parts[0].isEmpty() || parts[parts.length - 1].isEmpty()) {
            throw new IllegalArgumentException("the file \"" + source + "\" is neither path nor key=path");
        }
        String path = parts[parts.length - 1];
        put(pairs, parts.length == 2 ? parts[0] : path.substring(path.lastIndexOf('/') + 1), kustomization.read(path));
    }

    private void envFile(String path, Map<String, byte[]> pairs) {
        String text = new String(kustomization.read(path), StandardCharsets.UTF_8);
        if (text.startsWith("\uFEFF")) text = text.substring(1);
        int number = 0;
        for (String line : text.split("\r?\n", -1)) {
            number++;
            line = line.stripLeading();
            if (line.isEmpty() || line.startsWith("#")) continue;
            int equals = line.indexOf('=');
            String key = equals < 0 ? line : line.substring(0, equals);
            if (!key.matches("[-._a-zA-Z][-._a-zA-Z0-9]*")) {
                throw new KustomizeException(kustomization.resolve(path), number, "\"" + key + "\" is not a variable's name");
            }
            put(pairs, key, (equals < 0 ? "" : line.substring(equals + 1)).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void put(Map<String, byte[]> pairs, String key, byte[] value) {
        if (!key.matches("[-._a-zA-Z0-9]{1,253}")) {
            throw new IllegalArgumentException("\"" + key + "\" is not a key: use letters, digits, '-', '_' or '.'");
        }
        if (pairs.put(key, value) != null) throw new IllegalArgumentException("the key \"" + key + "\" is given twice");
    }

    private static String unquote(String text) {
        boolean quoted = text.length() >= 2 && text.charAt(0) == text.charAt(text.length() - 1) && (text.charAt(0) == '"' || text.charAt(0) == '\'');
        return quoted ? text.substring(1, text.length() - 1) : text;
    }

    private static void configMapData(ObjectNode object, Map<String, byte[]> pairs) {
        pairs.forEach((key, value) -> utf8(value).ifPresentOrElse(
                text -> object.withObject("/data").put(key, text),
                () -> object.withObject("/binaryData").put(key, base64(value))));
    }

    private static void secretData(ObjectNode object, Map<String, byte[]> pairs, String type) {
        object.put("type", type.isEmpty() ? "Opaque" : type);
        ObjectNode data = object.putObject("data");
        pairs.forEach((key, value) -> data.put(key, base64(value)));
    }

    private static Optional<String> utf8(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** Kustomize breaks base64 into lines of 70; that goes into the content hash, so it is done here too. */
    private static String base64(byte[] value) {
        String text = Base64.getEncoder().encodeToString(value);
        if (text.length() < 70) return text;
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < text.length(); i += 70) lines.append(text, i, Math.min(i + 70, text.length())).append('\n');
        return lines.toString();
    }
}
