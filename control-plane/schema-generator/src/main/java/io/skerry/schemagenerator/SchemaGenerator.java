package io.skerry.schemagenerator;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the type table of the built-in Kubernetes API from fabric8's model classes, their sources and the fact tables of this module.
 * Runs in machinery's build; argument: the folder to write into.
 */
public final class SchemaGenerator {

    private SchemaGenerator() {}

    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException("one argument: the folder that gets types.bin and docs.bin");
        }
        ModelReader reader = new ModelReader();
        List<Model.Resource> resources = reader.resources();
        List<String> unused = reader.unusedFacts();
        if (!unused.isEmpty()) {
            throw new IOException("facts about what the model does not have: " + unused);
        }
        TableWriter.write(Path.of(args[0]), reader.definitions(), resources);
    }
}
