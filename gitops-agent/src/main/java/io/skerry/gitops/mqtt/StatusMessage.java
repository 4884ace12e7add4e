package io.skerry.gitops.mqtt;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.gitops.GitOpsConfig;
import io.skerry.gitops.GitOpsStatus;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.TreeMap;

/** The status as JSON, in the form that docs/mqtt.md describes. */
public final class StatusMessage {

    private StatusMessage() {}

    static byte[] write(GitOpsConfig config, GitOpsStatus status, long sequence, Instant time) {
        ObjectNode message = Json.object();
        message.put("apiVersion", "fleet.skerry.io/v1").put("kind", "DeviceStatus");
        message.put("device", config.device());
        ObjectNode labels = message.putObject("labels");
        new TreeMap<>(config.labels()).forEach(labels::put);
        message.put("sequence", sequence).put("time", time.truncatedTo(ChronoUnit.MILLIS).toString()).put("agentVersion", config.agentVersion());
        message.setAll(fields(status));
        return Json.bytes(message);
    }

    /** The part that does not depend on the message: also what a local client is shown. */
    public static ObjectNode fields(GitOpsStatus status) {
        ObjectNode node = Json.object();
        node.put("state", status.state().name()).put("since", status.since()).put("message", status.message());
        node.put("commitWanted", status.commitWanted()).put("commitApplied", status.commitApplied()).put("lastKnownGood", status.lastKnownGood());
        ArrayNode targets = node.putArray("targets");
        status.targets().forEach(target -> {
            ObjectNode one = targets.addObject().put("name", target.name()).put("path", target.path()).put("objects", target.objects()).put("healthy", target.healthy());
            ArrayNode unhealthy = one.putArray("unhealthy");
            target.unhealthy().forEach(object -> unhealthy.addObject().put("apiVersion", object.apiVersion()).put("kind", object.kind())
                    .put("namespace", object.namespace()).put("name", object.name()).put("health", object.health()).put("message", object.message()));
        });
        ArrayNode errors = node.putArray("errors");
        status.errors().forEach(error -> errors.addObject().put("file", error.file()).put("line", error.line()).put("message", error.message()));
        node.put("droppedMessages", status.droppedMessages());
        status.os().ifPresent(os -> node.putObject("os").put("version", os.version()).put("slot", os.slot()).put("state", os.state()).put("wanted", os.wanted())
                .put("lastUpdate", os.lastUpdate()).put("message", os.message()));
        return node;
    }
}
