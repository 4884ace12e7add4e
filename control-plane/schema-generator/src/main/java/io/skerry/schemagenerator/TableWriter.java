package io.skerry.schemagenerator;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Writes the two resources that machinery's type table loads. Numbers are big-endian, a "string" is an unsigned short index into the
 * strings, "strings" a byte count and as many of them, a "doc" an unsigned short index into the docs.
 *
 * <ul>
 * <li>{@code types.bin}: int magic "SKT1"; short n and n strings in modified UTF-8; short n definitions: string name, doc, byte atomic,
 *     short fields or -1 (any JSON); a field: string name, type, doc, byte flags (1 required, 2 atomic, 4 patch merge, 8 retain keys,
 *     16 there even when empty, 32 left out when zero),
 *     string merge key, string list type, strings list map keys, string default as JSON or "". A type: byte 0 plain (string kind, string
 *     format, strings enum), 1 list of type, 2 map of type, 3 reference (short definition). Then short n resources and their subresources.
 * <li>{@code docs.bin}: gzip of int n, and n times int length and UTF-8. Apart, because only OpenAPI asks for them.
 * </ul>
 */
final class TableWriter {

    static final int MAGIC = 0x534b5431;

    private final Map<String, Integer> strings = new LinkedHashMap<>();
    private final Map<String, Integer> docs = new LinkedHashMap<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);
    private List<String> definitionOrder;

    private TableWriter() {}

    static void write(Path folder, Map<String, Model.Definition> definitions, List<Model.Resource> resources) throws IOException {
        TableWriter w = new TableWriter();
        w.definitionOrder = new ArrayList<>(definitions.keySet());
        w.out.writeShort(definitions.size());
        for (Model.Definition d : definitions.values()) {
            w.definition(d);
        }
        w.out.writeShort(resources.size());
        for (Model.Resource r : resources) {
            w.resource(r);
        }
        Files.createDirectories(folder);
        try (DataOutputStream file = new DataOutputStream(Files.newOutputStream(folder.resolve("types.bin")))) {
            file.writeInt(MAGIC);
            file.writeShort(w.strings.size());
            for (String s : w.strings.keySet()) {
                file.writeUTF(s);
            }
            w.bytes.writeTo(file);
        }
        try (OutputStream raw = Files.newOutputStream(folder.resolve("docs.bin")); DataOutputStream file = new DataOutputStream(new GZIPOutputStream(raw))) {
            file.writeInt(w.docs.size());
            for (String d : w.docs.keySet()) {
                byte[] utf8 = d.getBytes(StandardCharsets.UTF_8);
                file.writeInt(utf8.length);
                file.write(utf8);
            }
        }
    }

    private void definition(Model.Definition d) throws IOException {
        string(d.name());
        doc(d.doc());
        out.writeByte(d.atomic() ? 1 : 0);
        if (d.fields() == null) {
            out.writeShort(-1);
            return;
        }
        out.writeShort(d.fields().size());
        for (Map.Entry<String, Model.Field> e : d.fields().entrySet()) {
            Model.Field f = e.getValue();
            string(e.getKey());
            type(f.type());
            doc(f.doc());
            out.writeByte((f.required() ? 1 : 0) | (f.atomic() ? 2 : 0) | (f.patchMerge() ? 4 : 0) | (f.patchReplaceKeys() ? 8 : 0)
                    | (f.filled() ? 16 : 0) | (f.omitted() ? 32 : 0));
            string(f.patchMergeKey());
            string(f.listType());
            strings(f.listMapKeys());
            string(f.defaultJson() == null ? "" : f.defaultJson());
        }
    }

    private void type(Model.Type type) throws IOException {
        switch (type) {
            case Model.Plain p -> {
                out.writeByte(0);
                string(p.kind());
                string(p.format());
                strings(p.enumValues());
            }
            case Model.ListOf l -> {
                out.writeByte(1);
                type(l.items());
            }
            case Model.MapOf m -> {
                out.writeByte(2);
                type(m.values());
            }
            case Model.Reference r -> {
                out.writeByte(3);
                out.writeShort(definitionOrder.indexOf(r.definition()));
            }
        }
    }

    private void resource(Model.Resource r) throws IOException {
        for (String s : List.of(r.group(), r.version(), r.plural(), r.singular(), r.kind())) {
            string(s);
        }
        out.writeBoolean(r.namespaced());
        strings(r.shortNames());
        strings(r.categories());
        strings(r.verbs());
        out.writeShort(definitionOrder.indexOf(r.definition()));
        out.writeByte(r.subresources().size());
        for (Model.Subresource s : r.subresources()) {
            for (String part : List.of(s.name(), s.group(), s.version(), s.kind())) {
                string(part);
            }
            strings(s.verbs());
        }
    }

    private void string(String s) throws IOException {
        out.writeShort(strings.computeIfAbsent(s, k -> strings.size()));
    }

    private void strings(Collection<String> list) throws IOException {
        out.writeByte(list.size());
        for (String s : list) {
            string(s);
        }
    }

    private void doc(String s) throws IOException {
        out.writeShort(docs.computeIfAbsent(s, k -> docs.size()));
    }
}
