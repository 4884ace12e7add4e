package io.skerry.appliance.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.appliance.UserError;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code config.yaml}: one YAML mapping whose keys are flags' names without the dashes; lists for flags that repeat. */
public final class ConfigFile {
    public static final ConfigFile EMPTY = new ConfigFile(Map.of());

    private final Map<String, List<String>> values;

    private ConfigFile(Map<String, List<String>> values) {
        this.values = values;
    }

    /** @param values by flag without dashes */
    public static ConfigFile of(Map<String, List<String>> values) {
        return new ConfigFile(Map.copyOf(values));
    }

    /**
     * @param allowed the keys that mean something
     * @param required whether the file must exist (it was named by the user)
     * @throws UserError naming file, line and key when it cannot be read or says something unknown
     */
    public static ConfigFile read(Path path, Set<String> allowed, boolean required) {
        String text;
        try {
            text = Files.readString(path);
        } catch (NoSuchFileException e) {
            if (required) {
                throw new UserError("the configuration file " + path + " does not exist");
            }
            return EMPTY;
        } catch (IOException e) {
            throw new UserError("cannot read the configuration file " + path + ": " + e.getMessage(), e);
        }
        List<Yaml.Document> documents;
        try {
            documents = Yaml.parseAll(text, path.toString());
        } catch (YamlException e) {
            throw new UserError(e.getMessage().replaceAll("\\s*\\R\\s*", " "), e);
        }
        if (documents.isEmpty()) {
            return EMPTY;
        }
        Yaml.Document document = documents.getFirst();
        if (documents.size() > 1 || !document.root().isObject()) {
            throw new UserError(path + ":" + document.line() + ": must be one YAML mapping, such as 'data-dir: /var/lib/skerry'");
        }
        Map<String, List<String>> values = new LinkedHashMap<>();
        document.root().properties().forEach(entry -> {
            String where = path + ":" + document.lineOf("/" + entry.getKey().replace("~", "~0").replace("/", "~1")) + ": ";
            if (!allowed.contains(entry.getKey())) {
                throw new UserError(where + "unknown key '" + entry.getKey() + "'; the keys are the names of the flags of 'skerry server --help'");
            }
            values.put(entry.getKey(), scalars(entry.getValue(), where + entry.getKey()));
        });
        return new ConfigFile(values);
    }

    public List<String> values(String key) {
        return values.getOrDefault(key, List.of());
    }

    private static List<String> scalars(JsonNode node, String where) {
        List<String> scalars = new ArrayList<>();
        for (JsonNode each : node.isArray() ? node : List.of(node)) {
            if (!each.isValueNode() || each.isNull()) {
                throw new UserError(where + " must be a value or a list of values");
            }
            scalars.add(each.asText());
        }
        return scalars;
    }
}
