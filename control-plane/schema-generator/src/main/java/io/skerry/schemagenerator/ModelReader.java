package io.skerry.schemagenerator;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Duration;
import io.fabric8.kubernetes.api.model.FieldsV1;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads definitions out of fabric8's model classes, from the resources' kinds down to whatever they refer to, and adds the facts that
 * the classes do not hold.
 */
final class ModelReader {

    /** Definitions that no resource refers to and that are served all the same. */
    private static final List<String> META = List.of("DeleteOptions", "Status", "ListMeta", "APIGroup", "APIGroupList", "APIResourceList", "APIVersions");
    private static final String META_V1 = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    private final FactTable definitionNames = FactTable.read("definitions", 1);
    private final FactTable listTypes = FactTable.read("list-types", 2);
    private final FactTable mergeKeys = FactTable.read("merge-keys", 2);
    private final FactTable atomic = FactTable.read("atomic", 2);
    private final FactTable required = FactTable.read("required", 1);
    private final FactTable zeroValues = FactTable.read("zero-values", 1);
    private final FactTable formats = FactTable.read("formats", 2);
    private final FactTable enums = FactTable.read("enums", 2);
    private final FactTable defaults = FactTable.read("defaults", 2);
    private final FactTable docStrings = FactTable.read("docs", 2);
    private final FactTable laterFields = FactTable.read("later-fields", 2);
    private final FactTable resourceRows = FactTable.read("resources", 3);
    private final FactTable subresourceRows = FactTable.read("subresources", 4);

    private final Map<String, Class<?>> classes = new HashMap<>();
    private final Deque<String> waiting = new ArrayDeque<>();
    private final SortedMap<String, Model.Definition> definitions = new TreeMap<>();

    ModelReader() throws IOException {
        for (String[] row : definitionNames.all()) {
            if (Character.isUpperCase(row[0].charAt(row[0].lastIndexOf('.') + 1))) {
                classes.put(row[1], load(row[0]));
            }
        }
    }

    /** The resources of the table, their definitions read on the way. */
    List<Model.Resource> resources() throws IOException {
        List<Model.Resource> out = new ArrayList<>();
        for (String[] r : resourceRows.all()) {
            String group = group(r[0]);
            String definition = require(group, r[1], r[4]);
            List<Model.Subresource> subresources = new ArrayList<>();
            for (String[] s : subresourceRows.all()) {
                if (s[0].equals(r[0]) && s[1].equals(r[1]) && s[2].equals(r[2])) {
                    // Options of connect verbs are query parameters: they have a kind in discovery, but no object is ever sent.
                    if (!s[6].endsWith("Options")) {
                        require(group(s[4]), s[5], s[6]);
                    }
                    subresources.add(new Model.Subresource(s[3], group(s[4]), s[5], s[6], words(s[7])));
                }
            }
            out.add(new Model.Resource(group, r[1], r[2], r[3], r[4], Boolean.parseBoolean(r[5]), FactTable.words(r[6]),
                    FactTable.words(r[7]), words(r[8]), definition, subresources));
        }
        META.forEach(m -> waiting.add(META_V1 + m));
        while (!waiting.isEmpty()) {
            String name = waiting.poll();
            if (!definitions.containsKey(name)) {
                definitions.put(name, read(name));
            }
        }
        return out;
    }

    SortedMap<String, Model.Definition> definitions() {
        return definitions;
    }

    /** Rows of the tables that met nothing in the model. */
    List<String> unusedFacts() {
        List<String> out = new ArrayList<>();
        for (FactTable t : List.of(listTypes, mergeKeys, atomic, required, zeroValues, formats, enums, defaults, docStrings, laterFields)) {
            out.addAll(t.unused());
        }
        return out;
    }

    private static String group(String column) {
        return column.equals("core") ? "" : column;
    }

    private static Set<String> words(String column) {
        return new LinkedHashSet<>(FactTable.words(column));
    }

    /** Name of the definition of a kind, which is queued to be read. */
    private String require(String group, String version, String kind) throws IOException {
        for (String[] row : definitionNames.all()) {
            String className = row[0] + "." + kind;
            if (row[1].endsWith("." + version) && exists(className)) {
                Class<?> type = load(className);
                if (apiVersion(type).equals(group.isEmpty() ? version : group + "/" + version)) {
                    String name = definitionName(type);
                    classes.put(name, type);
                    waiting.add(name);
                    return name;
                }
            }
        }
        throw new IOException("no model class for " + group + "/" + version + " " + kind + ": give its package in definitions.tsv");
    }

    private static String apiVersion(Class<?> type) {
        var group = type.getAnnotation(io.fabric8.kubernetes.model.annotation.Group.class);
        var version = type.getAnnotation(io.fabric8.kubernetes.model.annotation.Version.class);
        return version == null ? "" : group == null || group.value().isEmpty() ? version.value() : group.value() + "/" + version.value();
    }

    private Model.Definition read(String name) throws IOException {
        Class<?> type = classes.get(name);
        DocStrings docs = docStrings.has(name, "-") ? new DocStrings(docStrings.find(name, "-")[0], docStrings.under(name)) : DocStrings.of(type);
        if (type == FieldsV1.class) {
            return new Model.Definition(name, docs.ofClass(), false, null);
        }
        Set<String> mandatory = named(required, name, 0);
        Set<String> filled = named(zeroValues, name, 0);
        Set<String> omitted = named(zeroValues, name, 1);
        Map<String, Model.Field> fields = new TreeMap<>();
        for (Class<?> c = type; c != Object.class; c = c.getSuperclass()) {
            for (java.lang.reflect.Field f : c.getDeclaredFields()) {
                JsonProperty property = f.getAnnotation(JsonProperty.class);
                if (property != null && !laterFields.has(name, property.value())) {
                    fields.put(property.value(), field(name, property.value(), f, docs, mandatory.remove(property.value()),
                            filled.remove(property.value()), omitted.remove(property.value())));
                }
            }
        }
        if (!mandatory.isEmpty()) {
            throw new IOException("required.tsv: " + name + " has no " + mandatory);
        }
        if (!filled.isEmpty() || !omitted.isEmpty()) {
            throw new IOException("zero-values.tsv: " + name + " has no " + filled + omitted);
        }
        return new Model.Definition(name, docs.ofClass(), atomic.has(name, "-"), fields);
    }

    /** The fields of a definition that a column of a table names. */
    private static Set<String> named(FactTable table, String definition, int column) {
        String[] row = table.find(definition);
        return row == null ? new LinkedHashSet<>() : words(row[column]);
    }

    private Model.Field field(String definition, String name, java.lang.reflect.Field f, DocStrings docs, boolean mandatory, boolean filled, boolean omitted)
            throws IOException {
        String[] list = listTypes.find(definition, name);
        String[] merge = mergeKeys.find(definition, name);
        List<String> strategies = merge == null ? List.of() : FactTable.words(merge[0]);
        String[] standard = defaults.find(definition, name);
        return new Model.Field(type(f.getGenericType(), definition, name), docs.ofProperty(name), mandatory, filled, omitted, atomic.has(definition, name),
                strategies.contains("merge"), strategies.contains("retainKeys"), merge == null || merge[1].equals("-") ? "" : merge[1],
                list == null ? "" : list[0], list == null ? List.of() : FactTable.words(list[1]), standard == null ? null : standard[0]);
    }

    private Model.Type type(java.lang.reflect.Type java, String definition, String field) throws IOException {
        if (java instanceof ParameterizedType p) {
            java.lang.reflect.Type last = p.getActualTypeArguments()[p.getActualTypeArguments().length - 1];
            return p.getRawType() == Map.class ? new Model.MapOf(type(last, definition, field)) : new Model.ListOf(type(last, definition, field));
        }
        Class<?> c = (Class<?>) java;
        String[] format = formats.find(definition, field);
        String[] values = enums.find(definition, field);
        if (c == String.class || c == Duration.class) {
            return new Model.Plain("STRING", format == null ? "" : format[0], values == null ? List.of() : List.of(values[0].split(",")));
        } else if (c == MicroTime.class || c == ZonedDateTime.class) {
            return new Model.Plain("STRING", "date-time", List.of());
        } else if (c == Integer.class || c == Long.class) {
            return new Model.Plain("INTEGER", c == Integer.class ? "int32" : "int64", List.of());
        } else if (c == Double.class) {
            return new Model.Plain("NUMBER", "double", List.of());
        } else if (c == Boolean.class) {
            return new Model.Plain("BOOLEAN", "", List.of());
        } else if (c == Quantity.class) {
            return new Model.Plain("QUANTITY", "", List.of());
        } else if (c == IntOrString.class) {
            return new Model.Plain("INT_OR_STRING", "", List.of());
        } else if (c == Object.class || JsonNode.class.isAssignableFrom(c) || c.getSimpleName().startsWith("JSONSchemaPropsOr")) {
            return new Model.Plain("ANY", "", List.of());
        } else if (!c.getName().startsWith("io.fabric8.kubernetes.api.model.")) {
            throw new IOException(definition + "." + field + ": no schema type for " + c);
        }
        String name = definitionName(c);
        classes.put(name, c);
        waiting.add(name);
        return new Model.Reference(name);
    }

    private String definitionName(Class<?> c) throws IOException {
        String[] single = definitionNames.find(c.getName());
        if (single != null) {
            return single[0];
        }
        String[] prefix = definitionNames.find(c.getPackageName());
        if (prefix == null) {
            throw new IOException("definitions.tsv does not say which definition " + c.getName() + " is");
        }
        return prefix[0] + "." + c.getSimpleName();
    }

    private static boolean exists(String className) {
        return ModelReader.class.getResource("/" + className.replace('.', '/') + ".class") != null;
    }

    private static Class<?> load(String className) throws IOException {
        try {
            return Class.forName(className, false, ModelReader.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IOException("definitions.tsv: no class " + className, e);
        }
    }
}
