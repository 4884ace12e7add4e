package io.skerry.machinery.print;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The meta.k8s.io/v1 Table that {@code kubectl get} asks for, with upstream's columns of each type (k8s.io/kubernetes/pkg/printers). */
public final class TablePrinter {

    private static final Map<String, Table> TABLES = new HashMap<>();

    static {
        PodTables.declare(TABLES);
        WorkloadTables.declare(TABLES);
        NetworkTables.declare(TABLES);
        StorageTables.declare(TABLES);
        ClusterTables.declare(TABLES);
        PolicyTables.declare(TABLES);
        UsageTables.declare(TABLES);
    }

    private TablePrinter() {}

    /**
     * @param continueOrNull token of the next page
     * @param remainingOrNull how many objects the following pages have
     * @param includeObject what each row carries of its object: "None", "Metadata" (null means that) or "Object"
     * @param now ages are told from here
     */
    public static ObjectNode table(ResourceType type, List<ObjectNode> objects, String resourceVersion, String continueOrNull,
            Long remainingOrNull, String includeObject, Instant now) {
        Table declared = TABLES.get(type.group().isEmpty() ? type.plural() : type.plural() + "." + type.group());
        boolean custom = !type.printerColumns().isEmpty() || declared == null && type.group().contains(".") && !type.group().endsWith(".k8s.io");
        Table printer = custom ? CustomTable.of(type.printerColumns()) : declared != null ? declared : Table.DEFAULT;
        ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
        ObjectNode metadata = table.putObject("metadata").put("resourceVersion", resourceVersion);
        if (continueOrNull != null && !continueOrNull.isEmpty()) {
            metadata.put("continue", continueOrNull);
        }
        if (remainingOrNull != null) {
            metadata.put("remainingItemCount", remainingOrNull);
        }
        ArrayNode columns = table.putArray("columnDefinitions");
        printer.columns().forEach(c -> columns.addObject().put("name", c.name()).put("type", c.type()).put("format", c.format())
                .put("description", c.description()).put("priority", c.priority()));
        ArrayNode rows = table.putArray("rows");
        for (ObjectNode object : objects) {
            ObjectNode row = rows.addObject();
            ArrayNode cells = row.putArray("cells");
            for (Object cell : printer.row().cells(object, now)) {
                switch (cell) {
                    case null -> cells.addNull();
                    case Long integer -> cells.add(integer);
                    case Boolean bool -> cells.add(bool);
                    case Double number -> cells.add(number);
                    default -> cells.add(cell.toString());
                }
            }
            if (type.group().isEmpty() && type.plural().equals("pods")) {
                condition(object, row);
            }
            switch (includeObject == null ? "Metadata" : includeObject) {
                case "None" -> { }
                case "Object" -> row.set("object", object);
                default -> row.putObject("object").put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1").set("metadata", object.path("metadata"));
            }
        }
        return table;
    }

    /** By this kubectl can leave out pods that are done. */
    private static void condition(ObjectNode pod, ObjectNode row) {
        String phase = Json.text(pod, "status", "phase");
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            row.putArray("conditions").addObject().put("type", "Completed").put("status", "True").put("reason", phase)
                    .put("message", phase.equals("Failed") ? "The pod failed." : "The pod has completed successfully.");
        }
    }
}
