package io.skerry.helm.release;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.render.Hook;
import io.skerry.helm.render.Rendered;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/** Makes the JSON that Helm keeps of a release. */
final class ReleaseRecord {
    private ReleaseRecord() {}

    static Release of(String name, String namespace, int version, String status, String description, Chart chart, Map<String, Object> values, Rendered rendered,
                      Instant first, Instant now) {
        ObjectNode d = Json.object();
        d.put("name", name);
        info(d, status, description, first, now).put("notes", rendered.notes());
        ObjectNode c = d.putObject("chart");
        c.set("metadata", chart.metadata().tree());
        c.putNull("lock");
        files(c.putArray("templates"), chart.templates());
        c.set("values", Trees.tree(chart.values()));
        if (chart.schema() == null) {
            c.putNull("schema");
        } else {
            c.put("schema", Base64.getEncoder().encodeToString(chart.schema()));
        }
        files(c.putArray("files"), chart.files());
        d.set("config", Trees.tree(values));
        d.put("manifest", rendered.manifest());
        ArrayNode hooks = d.putArray("hooks");
        for (Hook h : rendered.hooks()) {
            ObjectNode o = hooks.addObject();
            o.put("name", h.manifest().name()).put("kind", h.manifest().kind()).put("path", h.manifest().source()).put("manifest", h.manifest().text());
            h.events().forEach(o.putArray("events")::add);
            o.putObject("last_run").put("started_at", "").put("completed_at", "").put("phase", "");
            o.put("weight", h.weight());
            if (!h.deletePolicies().isEmpty()) {
                h.deletePolicies().forEach(o.putArray("delete_policies")::add);
            }
        }
        d.put("version", version).put("namespace", namespace);
        return new Release(d);
    }

    /** The revision that a rollback makes of an earlier one. */
    static Release again(Release earlier, int version, String status, String description, Instant first, Instant now) {
        ObjectNode d = earlier.document().deepCopy();
        String notes = earlier.notes();
        info(d, status, description, first, now).put("notes", notes);
        d.path("hooks").forEach(h -> ((ObjectNode) h).putObject("last_run").put("started_at", "").put("completed_at", "").put("phase", ""));
        d.put("version", version);
        return new Release(d);
    }

    private static ObjectNode info(ObjectNode d, String status, String description, Instant first, Instant now) {
        return d.putObject("info").put("first_deployed", first.toString()).put("last_deployed", now.toString()).put("deleted", "").put("description", description)
            .put("status", status);
    }

    private static void files(ArrayNode out, Map<String, byte[]> files) {
        files.forEach((name, data) -> out.addObject().put("name", name).put("data", Base64.getEncoder().encodeToString(data)));
    }
}
