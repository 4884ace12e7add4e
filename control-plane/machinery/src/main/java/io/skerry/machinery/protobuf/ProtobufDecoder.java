package io.skerry.machinery.protobuf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Map;

/**
 * Reads {@code application/vnd.kubernetes.protobuf} bodies, which kubectl and other Go clients send for built-in types, into the same
 * object tree that their JSON form gives. The schema says what a field is, a table of facts its number.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding">Kubernetes Protobuf encoding</a>
 */
public final class ProtobufDecoder {
    public static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

    private static final byte[] MAGIC = {'k', '8', 's', 0};
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private ProtobufDecoder() {}

    /**
     * Decodes a whole body: the envelope {@code runtime.Unknown} and the object in it.
     *
     * @param types the built-in types; options such as DeleteOptions are found there too
     * @throws ProtobufException when the body is damaged, or of a type that has no protobuf form here
     */
    public static ObjectNode decode(byte[] body, TypeTable types) {
        if (body.length < MAGIC.length || body[0] != MAGIC[0] || body[1] != MAGIC[1] || body[2] != MAGIC[2] || body[3] != MAGIC[3]) {
            throw new ProtobufException("the body does not begin with the prefix of Kubernetes protobuf");
        }
        String apiVersion = "";
        String kind = "";
        byte[] raw = {};
        WireReader unknown = new WireReader(body, MAGIC.length, body.length);
        while (unknown.hasMore()) {
            switch (unknown.field()) {
                case 1 -> {
                    WireReader type = unknown.message();
                    while (type.hasMore()) {
                        switch (type.field()) {
                            case 1 -> apiVersion = type.text();
                            case 2 -> kind = type.text();
                            default -> type.skip();
                        }
                    }
                }
                case 2 -> raw = unknown.data();
                default -> unknown.skip();
            }
        }
        Schema schema = schema(types, apiVersion, kind);
        if (schema == null || ProtobufFields.of(schema.name()) == null) {
            throw new ProtobufException("no kind \"" + kind + "\" of version \"" + apiVersion + "\" is known in protobuf; send JSON");
        }
        ObjectNode object = Json.object();
        object.put("apiVersion", apiVersion).put("kind", kind);
        message(new WireReader(raw, 0, raw.length), ProtobufFields.of(schema.name()), schema, object);
        return object;
    }

    /** Of a resource, of what only subresources take (Scale, Eviction), or of the options that every group has. */
    private static Schema schema(TypeTable types, String apiVersion, String kind) {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "" : apiVersion.substring(0, slash);
        String version = apiVersion.substring(slash + 1);
        String definitions = "io.k8s.api." + (group.isEmpty() ? "core" : group.split("\\.", 2)[0]) + "." + version + ".";
        return types.kind(group, version, kind).map(ResourceType::schema)
                .or(() -> types.schema(definitions + kind))
                .or(() -> types.schema("io.k8s.apimachinery.pkg.apis.meta.v1." + kind))
                .orElse(null);
    }

    private static void message(WireReader in, Map<Integer, ProtobufFields.Field> fields, Schema schema, ObjectNode into) {
        while (in.hasMore()) {
            ProtobufFields.Field field = fields.get(in.field());
            if (field == null) {
                in.skip();
            } else if (field.inlined()) {
                message(in.message(), required(field.name()), schema, into);
            } else {
                Schema type = schema.field(field.name());
                if (type == null) {
                    in.skip();
                } else {
                    field(in, field, type, into);
                }
            }
        }
    }

    private static void field(WireReader in, ProtobufFields.Field field, Schema type, ObjectNode into) {
        switch (type.type()) {
            case ARRAY -> array(in, field, type, into);
            case MAP -> {
                JsonNode present = into.get(field.name());
                entry(in.message(), type.values(), present instanceof ObjectNode map ? map : into.putObject(field.name()));
            }
            default -> {
                JsonNode value = value(in, type);
                if (value != null && (field.keepZero() || !isZero(value))) {
                    into.set(field.name(), value);
                }
            }
        }
    }

    private static void array(WireReader in, ProtobufFields.Field field, Schema type, ObjectNode into) {
        JsonNode value = value(in, type.items());
        ArrayNode array = into.get(field.name()) instanceof ArrayNode present ? present : into.putArray(field.name());
        if (value != null) {
            array.add(value);
        }
    }

    /** A map is a repeated message of key and value; a value that is a list is wrapped in a message with repeated items. */
    private static void entry(WireReader in, Schema values, ObjectNode map) {
        String key = "";
        JsonNode value = values.type() == Schema.Type.STRING ? TextNode.valueOf("") : null;
        while (in.hasMore()) {
            switch (in.field()) {
                case 1 -> key = in.text();
                case 2 -> value = values.type() == Schema.Type.ARRAY ? items(in.message(), values.items()) : value(in, values);
                default -> in.skip();
            }
        }
        map.set(key, value);
    }

    private static ArrayNode items(WireReader in, Schema items) {
        ArrayNode array = Json.array();
        while (in.hasMore()) {
            if (in.field() == 1) {
                array.add(value(in, items));
            } else {
                in.skip();
            }
        }
        return array;
    }

    /** One value; null when it is a zero time, which JSON has as null. */
    private static JsonNode value(WireReader in, Schema type) {
        return switch (type.type()) {
            case STRING -> switch (type.format() == null ? "" : type.format()) {
                case "byte" -> TextNode.valueOf(Base64.getEncoder().encodeToString(in.data()));
                case "date-time" -> time(in.message(), SECONDS);
                case "micro-time" -> time(in.message(), MICROS);
                default -> TextNode.valueOf(in.text());
            };
            case INTEGER -> integer(in);
            case BOOLEAN -> BooleanNode.valueOf(in.varint() != 0);
            case NUMBER -> in.wireType() == WireReader.FIXED64 ? DoubleNode.valueOf(in.fixedDouble()) : integer(in);
            case QUANTITY -> onlyField(in.message());
            case INT_OR_STRING -> intOrString(in.message());
            case ANY -> raw(in.message());
            case OBJECT -> object(in.message(), type);
            case ARRAY -> items(in.message(), type.items());
            case MAP -> throw new ProtobufException("a map cannot stand in a list");
        };
    }

    private static JsonNode object(WireReader in, Schema type) {
        ObjectNode object = Json.object();
        message(in, required(type.name()), type, object);
        return object;
    }

    private static JsonNode integer(WireReader in) {
        long value = in.varint();
        return value == (int) value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }

    /** {@code Time} and {@code MicroTime}: seconds and nanoseconds since 1970. */
    private static JsonNode time(WireReader in, DateTimeFormatter format) {
        boolean any = in.hasMore();
        long seconds = 0;
        long nanos = 0;
        while (in.hasMore()) {
            switch (in.field()) {
                case 1 -> seconds = in.varint();
                case 2 -> nanos = in.varint();
                default -> in.skip();
            }
        }
        try {
            return any ? TextNode.valueOf(format.format(Instant.ofEpochSecond(seconds, nanos))) : null;
        } catch (DateTimeException | ArithmeticException e) {
            throw new ProtobufException("a time of " + seconds + " seconds and " + nanos + " nanoseconds since 1970 is out of range");
        }
    }

    private static JsonNode onlyField(WireReader in) {
        String text = "";
        while (in.hasMore()) {
            if (in.field() == 1) {
                text = in.text();
            } else {
                in.skip();
            }
        }
        return TextNode.valueOf(text);
    }

    /** {@code IntOrString}: which of the two, then both. */
    private static JsonNode intOrString(WireReader in) {
        long which = 0;
        JsonNode number = IntNode.valueOf(0);
        String text = "";
        while (in.hasMore()) {
            switch (in.field()) {
                case 1 -> which = in.varint();
                case 2 -> number = integer(in);
                case 3 -> text = in.text();
                default -> in.skip();
            }
        }
        return which == 0 ? number : TextNode.valueOf(text);
    }

    /** {@code RawExtension} and {@code FieldsV1}: JSON in a field of bytes. */
    private static JsonNode raw(WireReader in) {
        byte[] raw = {};
        while (in.hasMore()) {
            if (in.field() == 1) {
                raw = in.data();
            } else {
                in.skip();
            }
        }
        if (raw.length == 0) {
            return null;
        }
        try {
            return Json.parse(raw);
        } catch (RuntimeException e) {
            throw new ProtobufException("a raw extension is not JSON: " + e.getMessage());
        }
    }

    private static Map<Integer, ProtobufFields.Field> required(String definition) {
        Map<Integer, ProtobufFields.Field> fields = ProtobufFields.of(definition);
        if (fields == null) {
            throw new ProtobufException("\"" + definition + "\" is not known in protobuf; send JSON");
        }
        return fields;
    }

    private static boolean isZero(JsonNode value) {
        return switch (value) {
            case TextNode text -> text.textValue().isEmpty();
            case BooleanNode bool -> !bool.booleanValue();
            case IntNode number -> number.intValue() == 0;
            case LongNode number -> number.longValue() == 0;
            case DoubleNode number -> number.doubleValue() == 0;
            default -> false;
        };
    }
}
