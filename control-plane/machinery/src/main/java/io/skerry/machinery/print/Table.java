package io.skerry.machinery.print;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How one type is printed: its columns, and the cells of one object. */
record Table(List<Column> columns, Row row) {

    /** @param priority 0 is always shown, 1 with {@code -o wide} */
    record Column(String name, String type, String format, String description, int priority) {}

    interface Row {
        /** Strings, whole numbers, booleans or null, one a column. */
        Object[] cells(JsonNode object, Instant now);
    }

    private static final String NAME = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to "
            + "request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated.";
    private static final String CREATED = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in "
            + "happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.";

    static final Table DEFAULT = of("Name|Created At:date", (o, now) -> new Object[] {name(o), Json.text(o, "metadata", "creationTimestamp")});

    /** Columns as "Name|Ready|Desired:integer|*Node": the type is "string" unless given, "*" marks a wide column. */
    static Table of(String columns, Row row) {
        List<Column> all = new ArrayList<>();
        for (String column : columns.split("\\|")) {
            boolean wide = column.startsWith("*");
            String[] parts = (wide ? column.substring(1) : column).split(":");
            String description = switch (parts[0]) {
                case "Name" -> NAME;
                case "Age", "Created At" -> CREATED;
                default -> "";
            };
            all.add(new Column(parts[0], parts.length > 1 ? parts[1] : "string", parts[0].equals("Name") && !wide ? "name" : "", description, wide ? 1 : 0));
        }
        return new Table(List.copyOf(all), row);
    }

    static String name(JsonNode object) {
        return Json.text(object, "metadata", "name");
    }

    static String age(JsonNode object, Instant now) {
        return HumanDuration.since(Json.text(object, "metadata", "creationTimestamp"), now);
    }

    static boolean deleting(JsonNode object) {
        return object.path("metadata").hasNonNull("deletionTimestamp");
    }

    static String or(String value, String absent) {
        return value.isEmpty() ? absent : value;
    }

    static long integer(JsonNode object, String... path) {
        return Json.at(object, path).asLong();
    }
}
