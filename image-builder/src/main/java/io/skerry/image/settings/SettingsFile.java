package io.skerry.image.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads {@code skerry.yaml} (what a device is told) and {@code image.yaml} (the same, and what is built into an image). */
public final class SettingsFile {
    /** Bytes. A settings file beyond this is a mistake, not settings. */
    private static final int MAX_SIZE = 1 << 20;

    private final boolean forBuild;
    private final ServerFlags serverFlags;

    private SettingsFile(boolean forBuild, ServerFlags serverFlags) {
        this.forBuild = forBuild;
        this.serverFlags = serverFlags;
    }

    /** @param serverFlags what the section {@code server} is checked by */
    public static SettingsFile ofDevice(ServerFlags serverFlags) {
        return new SettingsFile(false, serverFlags);
    }

    /** @param serverFlags as of {@link #ofDevice} */
    public static SettingsFile ofImage(ServerFlags serverFlags) {
        return new SettingsFile(true, serverFlags);
    }

    /**
     * @throws SettingsException with everything that is wrong with what is in the file
     * @throws IOException when the file can't be read
     */
    public Settings read(Path file) throws SettingsException, IOException {
        try (var in = Files.newInputStream(file)) {
            return parse(in.readNBytes(MAX_SIZE + 1), file.toString());
        }
    }

    /**
     * @param name of the file, for messages
     * @throws SettingsException with everything that is wrong
     */
    public Settings parse(byte[] content, String name) throws SettingsException {
        if (content.length > MAX_SIZE) {
            throw only(name, 1, "is larger than 1 MiB; settings are small, is this the right file?");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (CharacterCodingException e) {
            throw only(name, 1, "is not text in UTF-8; save it as UTF-8 in the editor");
        }
        List<Yaml.Document> documents;
        try {
            // YAML 1.2: Norway's NO is a country, not false.
            documents = Yaml.parseAllYaml12(text, name);
        } catch (YamlException e) {
            String problem = e.getMessage().substring(e.getMessage().indexOf(": ") + 2).replaceAll("\\s*\\R\\s*", " ");
            throw only(name, e.line(), "column " + e.column() + ": is not YAML: " + problem + (text.contains("\t") ? " (YAML is indented with spaces, never with tabs)" : ""));
        }
        if (documents.isEmpty()) {
            return Settings.defaults();
        }
        if (documents.size() > 1) {
            throw only(name, documents.get(1).line(), "has a second document after '---'; settings are one document");
        }
        JsonNode root = documents.getFirst().root();
        if (!(root instanceof ObjectNode tree)) {
            throw only(name, documents.getFirst().line(), "must be a mapping, such as 'hostname: store-0042'");
        }
        Checker checker = new Checker(documents.getFirst(), forBuild, serverFlags);
        checker.section(tree, SettingsSchema.keys(), Place.TOP);
        if (checker.problems().isEmpty()) {
            Consistency.check(Typed.of(tree, List.of()), checker);
            if (checker.problems().isEmpty()) {
                return Typed.of(tree, checker.warnings());
            }
        }
        List<Problem> problems = new ArrayList<>(checker.problems());
        problems.sort(Comparator.comparingInt(Problem::line));
        throw new SettingsException(problems);
    }

    private static SettingsException only(String name, int line, String message) {
        return new SettingsException(List.of(new Problem(name, line, "", message)));
    }

    /** The settings as text, to be written into an image or onto a card. */
    public static byte[] write(ObjectNode tree) {
        return (tree.isEmpty() ? "" : Yaml.write(Json.object().setAll(tree))).getBytes(StandardCharsets.UTF_8);
    }
}
