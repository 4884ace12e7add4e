package io.skerry.machinery.print;

import static io.skerry.machinery.print.Table.name;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.Map;

/** The metrics API's: {@code kubectl get nodemetrics}, {@code kubectl get podmetrics}, with metrics-server's columns. */
final class UsageTables {

    private UsageTables() {}

    static void declare(Map<String, Table> tables) {
        tables.put("nodes.metrics.k8s.io", Table.of("Name|cpu|memory|Window", (o, now) -> new Object[] {
            name(o), Json.text(o, "usage", "cpu"), Json.text(o, "usage", "memory"), Json.text(o, "window")}));
        tables.put("pods.metrics.k8s.io", Table.of("Name|cpu|memory|Window", (o, now) -> new Object[] {
            name(o), sum(o, "cpu"), sum(o, "memory"), Json.text(o, "window")}));
    }

    private static String sum(JsonNode pod, String resource) {
        Quantity sum = Quantity.ZERO;
        for (JsonNode container : pod.path("containers")) {
            sum = sum.add(Quantity.parse(Json.text(container, "usage", resource)));
        }
        return sum.toString();
    }
}
