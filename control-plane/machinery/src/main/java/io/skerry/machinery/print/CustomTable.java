package io.skerry.machinery.print;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.schema.PrinterColumn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A custom resource's table: the name, then the CRD's {@code additionalPrinterColumns}, or the age where it has none. */
final class CustomTable {

    private CustomTable() {}

    static Table of(List<PrinterColumn> declared) {
        if (declared.isEmpty()) {
            return Table.of("Name|Age:date", (o, now) -> new Object[] {Table.name(o), Table.age(o, now)});
        }
        List<Table.Column> columns = new ArrayList<>(Table.of("Name", null).columns());
        List<JsonPath> paths = new ArrayList<>();
        for (PrinterColumn column : declared) {
            String format = column.format() == null ? "" : column.format();
            String description = column.description() == null || column.description().isEmpty() ? "Custom resource definition column (in JSONPath format): " + column.jsonPath() : column.description();
            columns.add(new Table.Column(column.name(), column.type(), format, description, column.priority()));
            paths.add(JsonPath.parse(column.jsonPath()));
        }
        return new Table(List.copyOf(columns), (o, now) -> {
            Object[] cells = new Object[declared.size() + 1];
            cells[0] = Table.name(o);
            for (int i = 0; i < declared.size(); i++) {
                List<JsonNode> found = paths.get(i).find(o);
                cells[i + 1] = found.isEmpty() ? null : cell(declared.get(i).type(), found.getFirst(), now);
            }
            return cells;
        });
    }

    /** A value of another type than the column's is not shown. */
    private static Object cell(String type, JsonNode value, Instant now) {
        if (value.isNull()) {
            return null;
        }
        return switch (type) {
            case "integer" -> value.isNumber() ? (Object) value.asLong() : null;
            case "number" -> value.isNumber() ? (Object) value.asDouble() : null;
            case "boolean" -> value.isBoolean() ? (Object) value.asBoolean() : null;
            case "date" -> value.isTextual() ? HumanDuration.since(value.textValue(), now) : null;
            default -> value.isValueNode() ? value.asText() : value.toString();
        };
    }
}
