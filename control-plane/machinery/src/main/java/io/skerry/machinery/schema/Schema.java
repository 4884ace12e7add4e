package io.skerry.machinery.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The schema of a value: of a whole object, of one field, of a list's items or of a map's values.
 *
 * <p>What a field says itself (description, default, list type, merge key) stands beside what its type says (fields, required): a
 * field of a named type gives the type's fields with its own description. Definitions are shared by name and may be recursive.
 * Immutable.
 */
public final class Schema {

    /** What JSON a value may be. */
    public enum Type {
        /** an object with known fields */
        OBJECT,
        /** an object with any keys, all values of one schema */
        MAP,
        ARRAY,
        STRING,
        INTEGER,
        NUMBER,
        BOOLEAN,
        /** a whole number or a string: {@code IntOrString} */
        INT_OR_STRING,
        /** a string or number as {@code resource.Quantity} */
        QUANTITY,
        /** any JSON */
        ANY
    }

    /** How two appliers share a list ({@code x-kubernetes-list-type}, KEP-555). */
    public enum ListType {
        /** one owner for the whole list */
        ATOMIC,
        /** scalars, each owned by itself */
        SET,
        /** objects told apart by {@link Schema#listMapKeys()} */
        MAP
    }

    private static final Schema ANYTHING = new Parts(Type.ANY).build();

    private final Parts own;
    private final Supplier<Schema> target;

    /** A schema's own statements, filled in by the readers of this package. */
    static final class Parts {
        Type type;
        String name = "";
        Supplier<String> description = () -> "";
        String format = "";
        Map<String, Schema> fields = Map.of();
        Schema items;
        Schema values;
        Set<String> required = Set.of();
        JsonNode defaultValue;
        List<String> enumValues = List.of();
        boolean atomic;
        ListType listType;
        List<String> listMapKeys = List.of();
        String patchMergeKey = "";
        boolean patchMerge;
        boolean patchReplaceKeys;
        boolean preserveUnknownFields;
        boolean embeddedResource;
        boolean nullable;
        List<String> alwaysThere = List.of();
        boolean omittedWhenZero;
        /** the CRD's own node, for the value rules (minimum, pattern, ...) that only validation reads */
        JsonNode rules = NullNode.getInstance();

        Parts(Type type) {
            this.type = type;
        }

        Schema build() {
            return new Schema(this, null);
        }

        /** A field whose type is the named definition that {@code target} finds. */
        Schema reference(Supplier<Schema> target) {
            return new Schema(this, target);
        }
    }

    private Schema(Parts own, Supplier<Schema> target) {
        this.own = own;
        this.target = target;
    }

    /** The schema that allows any JSON. */
    public static Schema any() {
        return ANYTHING;
    }

    /** A CRD's structural schema ({@code spec.versions[].schema.openAPIV3Schema}, KEP-2337) as a schema. */
    public static Schema ofOpenApi(JsonNode openAPIV3Schema) {
        return StructuralSchema.read(openAPIV3Schema);
    }

    /** As {@link #ofOpenApi} for the root of a CRD's schema: with apiVersion, kind and metadata as every object has them. */
    public static Schema ofCustomResource(JsonNode openAPIV3Schema) {
        return StructuralSchema.readRoot(openAPIV3Schema);
    }

    private Schema def() {
        return target == null ? this : target.get();
    }

    public Type type() {
        return def().own.type;
    }

    /** Name of the definition, such as "io.k8s.api.core.v1.Container"; "" for one without a name. */
    public String name() {
        return def().own.name;
    }

    /** Doc string of the field if it has one, else of its type; "" when there is none. */
    public String description() {
        String said = own.description.get();
        return said.isEmpty() && target != null ? def().own.description.get() : said;
    }

    /** OpenAPI format such as "int32", "date-time" or "byte"; "" when none. */
    public String format() {
        return own.format.isEmpty() ? def().own.format : own.format;
    }

    /** Fields of an OBJECT by JSON name, in the order of declaration; empty for other types. */
    public Map<String, Schema> fields() {
        return def().own.fields;
    }

    /** One field's schema, or null when an OBJECT has no such field. */
    public Schema field(String name) {
        return fields().get(name);
    }

    /** Schema of an ARRAY's items; null for other types. */
    public Schema items() {
        return def().own.items;
    }

    /** Schema of a MAP's values; null for other types. */
    public Schema values() {
        return def().own.values;
    }

    /** JSON names of the fields that must be there. */
    public Set<String> required() {
        return def().own.required;
    }

    /** The declared default, or null. Never to be modified. */
    public JsonNode defaultValue() {
        return own.defaultValue;
    }

    /** Allowed strings; empty when any will do. */
    public List<String> enumValues() {
        return own.enumValues.isEmpty() ? def().own.enumValues : own.enumValues;
    }

    /** Whether a map or an object has one owner as a whole ({@code x-kubernetes-map-type: atomic}), or a list is atomic. */
    public boolean atomic() {
        return own.atomic || def().own.atomic || (type() == Type.ARRAY && listType() == ListType.ATOMIC);
    }

    /** How a list is shared; ATOMIC when nothing is declared, null for what is no list. */
    public ListType listType() {
        ListType declared = own.listType == null ? def().own.listType : own.listType;
        return declared == null && type() == Type.ARRAY ? ListType.ATOMIC : declared;
    }

    /** Fields that tell the items of a MAP list apart; empty for other lists. */
    public List<String> listMapKeys() {
        return own.listMapKeys.isEmpty() ? def().own.listMapKeys : own.listMapKeys;
    }

    /** The field by which a strategic merge patch tells items apart; "" when the items are scalars or the list is replaced. */
    public String patchMergeKey() {
        return own.patchMergeKey;
    }

    /** Whether a strategic merge patch merges this list instead of replacing it. */
    public boolean patchMerge() {
        return own.patchMerge;
    }

    /** Whether a strategic merge patch drops the keys that the patch's {@code $retainKeys} does not name. */
    public boolean patchReplaceKeys() {
        return own.patchReplaceKeys;
    }

    /** Whether fields without a schema are kept ({@code x-kubernetes-preserve-unknown-fields}). */
    public boolean preserveUnknownFields() {
        return own.preserveUnknownFields || def().own.preserveUnknownFields;
    }

    /** Whether the value is a whole Kubernetes object with apiVersion, kind and metadata ({@code x-kubernetes-embedded-resource}). */
    public boolean embeddedResource() {
        return own.embeddedResource;
    }

    /** Whether null is a value of its own ({@code nullable}). */
    public boolean nullable() {
        return own.nullable;
    }

    /** JSON names of a built-in type's fields that are there even when they are empty: in Go, structs that are no pointers, and numbers without omitempty. */
    public List<String> alwaysThere() {
        return def().own.alwaysThere;
    }

    /** Whether a built-in type's field is left out when it is false, 0, "", [] or {}: no pointer in Go, and omitempty. */
    public boolean omittedWhenZero() {
        return own.omittedWhenZero;
    }

    /** The OpenAPI node of a CRD's schema with its value rules (minimum, pattern, ...); JSON null for built-in types. Never to be modified. */
    public JsonNode rules() {
        return own.rules;
    }

    @Override
    public String toString() {
        return name().isEmpty() ? type().toString() : name();
    }
}
