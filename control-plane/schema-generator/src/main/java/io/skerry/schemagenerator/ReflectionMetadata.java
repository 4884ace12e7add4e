package io.skerry.schemagenerator;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * Writes the native image's metadata for fabric8's model: what Jackson must see of the types that our own classes name, and of nothing
 * else, as the whole model would triple the binary. Runs in the appliance's native build, with all modules on its class path;
 * argument: the {@code reachability-metadata.json} to write (format: GraalVM's reference manual, "Reachability Metadata").
 */
public final class ReflectionMetadata {
    /** The package tree of our own classes, as a folder in jars. */
    private static final String OWN = "io/skerry";
    private static final String NOT_IN_BINARY = "io/skerry/schemagenerator/";

    private ReflectionMetadata() {}

    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException("one argument: the reachability-metadata.json to write");
        }
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        ModelTypes types = new ModelTypes(loader);
        for (byte[] own : ownClasses(loader)) {
            types.addNamedBy(own);
        }
        SortedMap<String, ModelTypes.Members> found = types.close();
        Path target = Path.of(args[0]);
        Files.createDirectories(target.toAbsolutePath().getParent());
        Files.write(target, json(found));
    }

    /** The bytes of every class of ours on a class path of jars and folders. */
    private static List<byte[]> ownClasses(ClassLoader loader) throws IOException {
        List<byte[]> out = new ArrayList<>();
        for (URL root : Collections.list(loader.getResources(OWN))) {
            if (root.getProtocol().equals("file")) {
                readInto(out, Path.of(URI.create(root.toString())));
            } else {
                try (FileSystem jar = FileSystems.newFileSystem(URI.create(root.toString()), Map.of())) {
                    readInto(out, jar.getPath("/" + OWN));
                }
            }
        }
        if (out.isEmpty()) {
            throw new IOException("no class of " + OWN + " on the class path");
        }
        return out;
    }

    private static void readInto(List<byte[]> out, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.sorted()::iterator) {
                if (file.toString().endsWith(".class") && !file.toString().contains(NOT_IN_BINARY)) {
                    out.add(Files.readAllBytes(file));
                }
            }
        }
    }

    private static byte[] json(SortedMap<String, ModelTypes.Members> types) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        ArrayNode reflection = root.putArray("reflection");
        types.forEach((name, members) -> {
            ObjectNode type = reflection.addObject().put("type", name);
            if (members.fields()) {
                type.put("allDeclaredFields", true);
            }
            ArrayNode methods = type.putArray("methods");
            members.methods().forEach(method -> {
                ArrayNode parameters = methods.addObject().put("name", method.name()).putArray("parameterTypes");
                method.parameterTypes().forEach(parameters::add);
            });
        });
        return mapper.enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(root);
    }
}
