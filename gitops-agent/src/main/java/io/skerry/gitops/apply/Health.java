package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;

/**
 * Whether an object is what its spec says, by the rules of kstatus (sigs.k8s.io/cli-utils) as Flux and kubectl's successors use them,
 * except that a Job counts once it is complete.
 *
 * @param state   see {@link State}
 * @param message why it is not (yet) healthy; "" when it is
 */
record Health(State state, String message) {

    enum State {
        Current,
        /** on its way */
        InProgress,
        /** will not get there by itself */
        Failed,
        Terminating,
        NotFound
    }

    static final Health CURRENT = new Health(State.Current, "");
    static final Health NOT_FOUND = new Health(State.NotFound, "the object is not in the cluster");

    boolean healthy() {
        return state == State.Current;
    }

    static Health of(JsonNode object) {
        if (object.path("metadata").hasNonNull("deletionTimestamp")) return new Health(State.Terminating, "is being deleted");
        JsonNode observed = Json.at(object, "status", "observedGeneration");
        if (observed.isNumber() && observed.asLong() < Json.at(object, "metadata", "generation").asLong()) {
            return progress("its controller has not seen the newest change yet");
        }
        String apiVersion = Json.text(object, "apiVersion");
        String group = apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
        return switch (group + "/" + Json.text(object, "kind")) {
            case "apps/Deployment" -> deployment(object);
            case "apps/StatefulSet" -> statefulSet(object);
            case "apps/DaemonSet" -> daemonSet(object);
            case "apps/ReplicaSet", "/ReplicationController" -> replicas(object);
            case "batch/Job" -> job(object);
            case "/Pod" -> pod(object);
            case "/PersistentVolumeClaim" -> phase(object, "Bound");
            case "/Namespace" -> phase(object, "Active");
            case "/Service" -> service(object);
            case "apiextensions.k8s.io/CustomResourceDefinition" -> definition(object);
            case "apiregistration.k8s.io/APIService" -> condition(object, "Available").equals("True") ? CURRENT : progress("the API is not available");
            case "helm.cattle.io/HelmChart" -> helmChart(object);
            // A controller of ours reports on it, so what says nothing was not looked at yet.
            case "appliance.skerry.io/OSImage" -> find(object, "Ready").isEmpty() ? progress("the device has not looked at it yet") : byConditions(object);
            default -> byConditions(object);
        };
    }

    private static Health progress(String message) {
        return new Health(State.InProgress, message);
    }

    private static Health failed(String message) {
        return new Health(State.Failed, message);
    }

    private static JsonNode find(JsonNode object, String type) {
        for (JsonNode condition : Json.at(object, "status", "conditions")) {
            if (Json.text(condition, "type").equals(type)) return condition;
        }
        return Json.object();
    }

    /** A condition's status; "" when there is none. */
    private static String condition(JsonNode object, String type) {
        return Json.text(find(object, type), "status");
    }

    private static String why(JsonNode condition) {
        String message = Json.text(condition, "message");
        String reason = Json.text(condition, "reason");
        return !message.isEmpty() ? message : !reason.isEmpty() ? reason : "condition " + Json.text(condition, "type") + " is " + Json.text(condition, "status");
    }

    private static int status(JsonNode object, String field) {
        return Json.at(object, "status", field).asInt(0);
    }

    private static int wanted(JsonNode object) {
        return Json.at(object, "spec", "replicas").asInt(1);
    }

    private static Health deployment(JsonNode object) {
        JsonNode progressing = find(object, "Progressing");
        if (Json.text(progressing, "reason").equals("ProgressDeadlineExceeded")) return failed(why(progressing));
        if (!Json.at(object, "status").has("observedGeneration")) return progress("its controller has not seen it yet");
        int wanted = wanted(object);
        int updated = status(object, "updatedReplicas");
        int available = status(object, "availableReplicas");
        if (updated < wanted) return progress(updated + " of " + wanted + " replicas updated");
        if (status(object, "replicas") > updated) return progress((status(object, "replicas") - updated) + " old replicas are to be terminated");
        if (available < wanted) return progress(available + " of " + wanted + " replicas available");
        if (status(object, "readyReplicas") < wanted) return progress(status(object, "readyReplicas") + " of " + wanted + " replicas ready");
        return condition(object, "Available").equals("False") ? progress(why(find(object, "Available"))) : CURRENT;
    }

    private static Health statefulSet(JsonNode object) {
        if (Json.text(object, "spec", "updateStrategy", "type").equals("OnDelete")) return CURRENT;
        int wanted = wanted(object);
        if (status(object, "replicas") < wanted) return progress(status(object, "replicas") + " of " + wanted + " replicas made");
        if (status(object, "readyReplicas") < wanted) return progress(status(object, "readyReplicas") + " of " + wanted + " replicas ready");
        if (status(object, "replicas") > wanted) return progress((status(object, "replicas") - wanted) + " replicas are to be terminated");
        int partition = Json.at(object, "spec", "updateStrategy", "rollingUpdate", "partition").asInt(0);
        if (partition > 0) {
            return status(object, "updatedReplicas") < wanted - partition ? progress(status(object, "updatedReplicas") + " of " + (wanted - partition) + " replicas updated") : CURRENT;
        }
        boolean rolled = Json.text(object, "status", "currentRevision").equals(Json.text(object, "status", "updateRevision"));
        return rolled ? CURRENT : progress(status(object, "updatedReplicas") + " of " + wanted + " replicas updated");
    }

    private static Health daemonSet(JsonNode object) {
        if (!Json.at(object, "status").has("observedGeneration")) return progress("its controller has not seen it yet");
        if (Json.text(object, "spec", "updateStrategy", "type").equals("OnDelete")) return CURRENT;
        int wanted = status(object, "desiredNumberScheduled");
        for (String field : new String[] {"currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"}) {
            if (status(object, field) < wanted) return progress(status(object, field) + " of " + wanted + " pods (" + field + ")");
        }
        return CURRENT;
    }

    private static Health replicas(JsonNode object) {
        JsonNode failure = find(object, "ReplicaFailure");
        if (Json.text(failure, "status").equals("True")) return progress(why(failure));
        int wanted = wanted(object);
        int available = status(object, "availableReplicas");
        return available < wanted ? progress(available + " of " + wanted + " replicas available") : status(object, "replicas") > wanted ? progress("replicas are to be terminated") : CURRENT;
    }

    private static Health job(JsonNode object) {
        if (condition(object, "Failed").equals("True")) return failed(why(find(object, "Failed")));
        if (condition(object, "Complete").equals("True") || condition(object, "Suspended").equals("True")) return CURRENT;
        return progress("the Job is not complete: " + status(object, "succeeded") + " succeeded, " + status(object, "active") + " active, " + status(object, "failed") + " failed");
    }

    private static Health pod(JsonNode object) {
        return switch (Json.text(object, "status", "phase")) {
            case "Succeeded" -> CURRENT;
            case "Failed" -> failed(Json.text(object, "status", "message").isEmpty() ? "the pod failed" : Json.text(object, "status", "message"));
            case "Running" -> condition(object, "Ready").equals("True") ? CURRENT : progress(podTrouble(object));
            default -> progress(podTrouble(object));
        };
    }

    /** What keeps a pod from being ready, as its containers tell. */
    static String podTrouble(JsonNode pod) {
        for (String list : new String[] {"initContainerStatuses", "containerStatuses"}) {
            for (JsonNode container : Json.at(pod, "status", list)) {
                JsonNode waiting = Json.at(container, "state", "waiting");
                String reason = Json.text(waiting, "reason");
                if (!reason.isEmpty() && !reason.equals("PodInitializing")) {
                    String message = Json.text(waiting, "message");
                    return "container " + Json.text(container, "name") + ": " + reason + (message.isEmpty() ? "" : ": " + message);
                }
                if (!container.path("ready").asBoolean() && list.equals("containerStatuses")) return "container " + Json.text(container, "name") + " is not ready";
            }
        }
        JsonNode scheduled = find(pod, "PodScheduled");
        return Json.text(scheduled, "status").equals("False") ? why(scheduled) : "the pod is not ready";
    }

    private static Health phase(JsonNode object, String wanted) {
        String phase = Json.text(object, "status", "phase");
        return phase.equals(wanted) ? CURRENT : progress("phase is " + (phase.isEmpty() ? "not set" : phase) + ", not " + wanted);
    }

    private static Health service(JsonNode object) {
        boolean waits = Json.text(object, "spec", "type").equals("LoadBalancer") && Json.text(object, "spec", "clusterIP").isEmpty();
        return waits ? progress("the service has no cluster IP") : CURRENT;
    }

    private static Health definition(JsonNode object) {
        if (condition(object, "NamesAccepted").equals("False")) return failed(why(find(object, "NamesAccepted")));
        return condition(object, "Established").equals("True") ? CURRENT : progress("the CustomResourceDefinition is not established");
    }

    /** The release is installed by a controller that reports conditions as k3s' does: Failed, and JobCreated or Ready when done. */
    private static Health helmChart(JsonNode object) {
        JsonNode failed = find(object, "Failed");
        if (Json.text(failed, "status").equals("True")) return failed(why(failed));
        JsonNode ready = find(object, "Ready");
        if (!ready.isEmpty()) return Json.text(ready, "status").equals("True") ? CURRENT : progress(why(ready));
        return Json.at(object, "status", "conditions").isEmpty() ? progress("the chart is not installed yet") : CURRENT;
    }

    private static Health byConditions(JsonNode object) {
        JsonNode stalled = find(object, "Stalled");
        if (Json.text(stalled, "status").equals("True")) return failed(why(stalled));
        JsonNode reconciling = find(object, "Reconciling");
        if (Json.text(reconciling, "status").equals("True")) return progress(why(reconciling));
        JsonNode ready = find(object, "Ready");
        return ready.isEmpty() || Json.text(ready, "status").equals("True") ? CURRENT : progress(why(ready));
    }
}
