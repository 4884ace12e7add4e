package io.skerry.machinery.print;

import static io.skerry.machinery.print.Table.age;
import static io.skerry.machinery.print.Table.integer;
import static io.skerry.machinery.print.Table.name;
import static io.skerry.machinery.print.Table.or;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Pods: the one table whose STATUS is worked out from everything a pod says. */
final class PodTables {

    private PodTables() {}

    static void declare(Map<String, Table> tables) {
        tables.put("pods", Table.of("Name|Ready|Status|Restarts|Age|*IP|*Node|*Nominated Node|*Readiness Gates", PodTables::pod));
        tables.put("podtemplates", Table.of("Name|Containers|Images|Pod Labels", (o, now) -> new Object[] {name(o),
            Formats.containers(Json.at(o, "template", "spec"), "name"), Formats.containers(Json.at(o, "template", "spec"), "image"),
            Formats.labels(Json.at(o, "template", "metadata", "labels"))}));
    }

    private static Object[] pod(JsonNode pod, Instant now) {
        Summary summary = new Summary(pod);
        String restarts = summary.restarts == 0 || summary.lastRestart.isEmpty() ? Long.toString(summary.restarts)
                : summary.restarts + " (" + HumanDuration.since(summary.lastRestart, now) + " ago)";
        return new Object[] {name(pod), summary.ready + "/" + summary.total, summary.reason, restarts, age(pod, now),
            or(Json.text(Json.at(pod, "status", "podIPs").path(0), "ip"), or(Json.text(pod, "status", "podIP"), "<none>")),
            or(Json.text(pod, "spec", "nodeName"), "<none>"), or(Json.text(pod, "status", "nominatedNodeName"), "<none>"), readinessGates(pod)};
    }

    private static String readinessGates(JsonNode pod) {
        JsonNode gates = Json.at(pod, "spec", "readinessGates");
        if (gates.isEmpty()) {
            return "<none>";
        }
        int met = 0;
        for (JsonNode gate : gates) {
            met += Formats.hasCondition(pod, Json.text(gate, "conditionType")) ? 1 : 0;
        }
        return met + "/" + gates.size();
    }

    /** What READY, STATUS and RESTARTS say (pkg/printers/internalversion, printPod). */
    private static final class Summary {
        private final JsonNode pod;
        private final Map<String, JsonNode> initSpecs = new HashMap<>();
        private String reason;
        private int ready;
        private int total;
        private long restarts;
        private String lastRestart = "";

        Summary(JsonNode pod) {
            this.pod = pod;
            String phase = Json.text(pod, "status", "phase");
            String statusReason = Json.text(pod, "status", "reason");
            reason = or(statusReason, phase);
            for (JsonNode condition : Json.at(pod, "status", "conditions")) {
                if (Json.text(condition, "type").equals("PodScheduled") && Json.text(condition, "reason").equals("SchedulingGated")) {
                    reason = "SchedulingGated";
                }
            }
            total = Json.at(pod, "spec", "containers").size();
            for (JsonNode container : Json.at(pod, "spec", "initContainers")) {
                initSpecs.put(Json.text(container, "name"), container);
                total += isSidecar(container) ? 1 : 0;
            }
            boolean initializing = readInitContainers();
            if (!initializing || Formats.hasCondition(pod, "Initialized")) {
                restarts = 0;
                lastRestart = "";
                readContainers();
            }
            if (Table.deleting(pod)) {
                if (statusReason.equals("NodeLost")) {
                    reason = "Unknown";
                } else if (!phase.equals("Failed") && !phase.equals("Succeeded")) {
                    reason = "Terminating";
                }
            }
        }

        private static boolean isSidecar(JsonNode initContainer) {
            return initContainer != null && Json.text(initContainer, "restartPolicy").equals("Always");
        }

        /** Whether some init container is not done yet. */
        private boolean readInitContainers() {
            JsonNode statuses = Json.at(pod, "status", "initContainerStatuses");
            for (int i = 0; i < statuses.size(); i++) {
                JsonNode status = statuses.get(i);
                count(status);
                boolean sidecar = isSidecar(initSpecs.get(Json.text(status, "name")));
                JsonNode terminated = Json.at(status, "state", "terminated");
                if (terminated.isObject() && terminated.path("exitCode").asInt() == 0) {
                    continue;
                }
                if (sidecar && status.path("started").asBoolean()) {
                    ready += status.path("ready").asBoolean() ? 1 : 0;
                    continue;
                }
                String waiting = Json.text(status, "state", "waiting", "reason");
                if (terminated.isObject()) {
                    reason = "Init:" + ended(terminated);
                } else if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
                    reason = "Init:" + waiting;
                } else {
                    reason = "Init:" + i + "/" + Json.at(pod, "spec", "initContainers").size();
                }
                return true;
            }
            return false;
        }

        private void readContainers() {
            for (JsonNode status : Json.at(pod, "status", "initContainerStatuses")) {
                if (isSidecar(initSpecs.get(Json.text(status, "name")))) {
                    count(status);
                }
            }
            boolean running = false;
            JsonNode statuses = Json.at(pod, "status", "containerStatuses");
            for (int i = statuses.size() - 1; i >= 0; i--) {
                JsonNode status = statuses.get(i);
                count(status);
                String waiting = Json.text(status, "state", "waiting", "reason");
                JsonNode terminated = Json.at(status, "state", "terminated");
                if (!waiting.isEmpty()) {
                    reason = waiting;
                } else if (terminated.isObject()) {
                    reason = ended(terminated);
                } else if (status.path("ready").asBoolean() && Json.at(status, "state", "running").isObject()) {
                    running = true;
                    ready++;
                }
            }
            if (reason.equals("Completed") && running) {
                reason = Formats.hasCondition(pod, "Ready") ? "Running" : "NotReady";
            }
        }

        private static String ended(JsonNode terminated) {
            long signal = integer(terminated, "signal");
            return or(Json.text(terminated, "reason"), signal != 0 ? "Signal:" + signal : "ExitCode:" + integer(terminated, "exitCode"));
        }

        private void count(JsonNode status) {
            restarts += integer(status, "restartCount");
            String finished = Json.text(status, "lastState", "terminated", "finishedAt");
            if (finished.compareTo(lastRestart) > 0) {
                lastRestart = finished;
            }
        }
    }
}
