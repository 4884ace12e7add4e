package io.skerry.machinery.schema;

import io.skerry.machinery.json.Json;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;

/**
 * Reads the table that schema-generator wrote into this module's resources at build time; the format is described in its TableWriter.
 * Doc strings stay compressed until OpenAPI asks for them, and may be forgotten again.
 */
final class BuiltinTypes {

    private static final int MAGIC = 0x534b5431;

    private final DataInputStream in;
    private String[] strings;
    private Schema[] definitions;

    private BuiltinTypes(DataInputStream in) {
        this.in = in;
    }

    static TypeTable load() {
        try (InputStream raw = open("types.bin"); DataInputStream in = new DataInputStream(new BufferedInputStream(raw, 1 << 16))) {
            return new BuiltinTypes(in).read();
        } catch (IOException e) {
            throw new UncheckedIOException("the built-in type table cannot be read", e);
        }
    }

    private static InputStream open(String name) throws IOException {
        InputStream in = BuiltinTypes.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException("no resource " + name + " beside " + BuiltinTypes.class.getName() + ": machinery's build writes it with schema-generator");
        }
        return in;
    }

    private TypeTable read() throws IOException {
        if (in.readInt() != MAGIC) {
            throw new IOException("types.bin is not a type table of this version");
        }
        strings = new String[in.readUnsignedShort()];
        for (int i = 0; i < strings.length; i++) {
            strings[i] = in.readUTF();
        }
        definitions = new Schema[in.readUnsignedShort()];
        Map<String, Schema> byName = new LinkedHashMap<>();
        for (int i = 0; i < definitions.length; i++) {
            definitions[i] = definition();
            byName.put(definitions[i].name(), definitions[i]);
        }
        List<ResourceType> resources = new ArrayList<>();
        for (int n = in.readUnsignedShort(); n > 0; n--) {
            resources.add(resource());
        }
        return new TypeTable(resources, byName);
    }

    private Schema definition() throws IOException {
        Schema.Parts d = new Schema.Parts(Schema.Type.OBJECT);
        d.name = string();
        d.description = doc();
        d.atomic = in.readByte() == 1;
        int count = in.readShort();
        if (count < 0) {
            d.type = Schema.Type.ANY;
            d.preserveUnknownFields = true;
            return d.build();
        }
        Map<String, Schema> fields = new LinkedHashMap<>(count * 2);
        Set<String> required = new LinkedHashSet<>();
        List<String> alwaysThere = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = string();
            Leaf type = type();
            Schema.Parts f = type.parts;
            f.description = doc();
            int flags = in.readByte();
            if ((flags & 1) != 0) {
                required.add(name);
            }
            f.atomic = (flags & 2) != 0;
            f.patchMerge = (flags & 4) != 0;
            f.patchReplaceKeys = (flags & 8) != 0;
            if ((flags & 16) != 0) {
                alwaysThere.add(name);
            }
            f.omittedWhenZero = (flags & 32) != 0;
            f.patchMergeKey = string();
            f.listType = switch (string()) {
                case "" -> null;
                case "set" -> Schema.ListType.SET;
                case "map" -> Schema.ListType.MAP;
                default -> Schema.ListType.ATOMIC;
            };
            f.listMapKeys = strings();
            String standard = string();
            f.defaultValue = standard.isEmpty() ? null : Json.parse(standard);
            fields.put(name, type.build());
        }
        d.fields = Collections.unmodifiableMap(fields);
        d.required = Collections.unmodifiableSet(required);
        d.alwaysThere = List.copyOf(alwaysThere);
        return d.build();
    }

    /** A type before the field that has it adds its own statements. */
    private record Leaf(Schema.Parts parts, Supplier<Schema> target) {
        Schema build() {
            return target == null ? parts.build() : parts.reference(target);
        }
    }

    private Leaf type() throws IOException {
        switch (in.readByte()) {
            case 0 -> {
                Schema.Parts p = new Schema.Parts(Schema.Type.valueOf(string()));
                p.format = string();
                p.enumValues = strings();
                p.preserveUnknownFields = p.type == Schema.Type.ANY;
                return new Leaf(p, null);
            }
            case 1 -> {
                Schema.Parts p = new Schema.Parts(Schema.Type.ARRAY);
                p.items = type().build();
                return new Leaf(p, null);
            }
            case 2 -> {
                Schema.Parts p = new Schema.Parts(Schema.Type.MAP);
                p.values = type().build();
                return new Leaf(p, null);
            }
            default -> {
                int index = in.readUnsignedShort();
                Schema[] all = definitions;
                // definitions refer to each other in circles, so one may not be read yet
                return new Leaf(new Schema.Parts(Schema.Type.OBJECT), () -> all[index]);
            }
        }
    }

    private ResourceType resource() throws IOException {
        String group = string();
        String version = string();
        String plural = string();
        String singular = string();
        String kind = string();
        boolean namespaced = in.readBoolean();
        List<String> shortNames = strings();
        List<String> categories = strings();
        Set<String> verbs = new LinkedHashSet<>(strings());
        Schema schema = definitions[in.readUnsignedShort()];
        List<Subresource> subresources = new ArrayList<>();
        for (int n = in.readByte(); n > 0; n--) {
            subresources.add(new Subresource(string(), string(), string(), string(), new LinkedHashSet<>(strings())));
        }
        return new ResourceType(group, version, plural, singular, kind, namespaced, shortNames, categories,
                Collections.unmodifiableSet(verbs), List.copyOf(subresources), schema, List.of());
    }

    private String string() throws IOException {
        return strings[in.readUnsignedShort()];
    }

    private List<String> strings() throws IOException {
        int n = in.readUnsignedByte();
        String[] out = new String[n];
        for (int i = 0; i < n; i++) {
            out[i] = string();
        }
        return List.of(out);
    }

    private Supplier<String> doc() throws IOException {
        int index = in.readUnsignedShort();
        return () -> Docs.get(index);
    }

    /** The doc strings, inflated on first use. */
    private static final class Docs {
        private static volatile SoftReference<String[]> cache = new SoftReference<>(null);

        static String get(int index) {
            String[] docs = cache.get();
            if (docs == null) {
                docs = read();
                cache = new SoftReference<>(docs);
            }
            return docs[index];
        }

        private static String[] read() {
            try (InputStream raw = open("docs.bin"); DataInputStream in = new DataInputStream(new BufferedInputStream(new GZIPInputStream(raw), 1 << 14))) {
                String[] out = new String[in.readInt()];
                for (int i = 0; i < out.length; i++) {
                    out[i] = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
                }
                return out;
            } catch (IOException e) {
                throw new UncheckedIOException("the built-in doc strings cannot be read", e);
            }
        }
    }
}
