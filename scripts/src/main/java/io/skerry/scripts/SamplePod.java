package io.skerry.scripts;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.List;

/**
 * A pod as a deployment's is: two containers, a service account's volume, conditions and statuses. But nothing in a running server acts on it: it is
 * on no node, asks for a scheduler that is not there, and what owns it is a ConfigMap.
 */
final class SamplePod {
    static final String OWNER = "web-5d4f8c7b9";
    private static final String OWNER_UID = "11111111-2222-4333-8444-555555555555";

    private SamplePod() {}

    /** What owns all of them: without it they would be taken for garbage. */
    static ObjectNode owner() {
        ObjectNode owner = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
        owner.putObject("metadata").put("name", OWNER).put("namespace", "default").put("uid", OWNER_UID).put("creationTimestamp", "2026-01-01T00:00:00Z");
        return owner;
    }

    static ObjectNode of(int i) {
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        ObjectNode metadata = pod.putObject("metadata").put("name", String.format("pod-%05d", i)).put("namespace", "default").put("generateName", OWNER + "-")
                .put("uid", "0a1b2c3d-0000-4000-8000-" + String.format("%012d", i)).put("creationTimestamp", "2026-01-01T00:00:00Z");
        metadata.putObject("labels").put("app", "web").put("pod-template-hash", "5d4f8c7b9").put("number", Integer.toString(i));
        metadata.putArray("ownerReferences").addObject().put("apiVersion", "v1").put("kind", "ConfigMap").put("name", OWNER)
                .put("uid", OWNER_UID).put("controller", true).put("blockOwnerDeletion", true);
        ObjectNode spec = pod.putObject("spec").put("restartPolicy", "Always").put("dnsPolicy", "ClusterFirst").put("serviceAccountName", "default")
                .put("schedulerName", "nobody").put("terminationGracePeriodSeconds", 30);
        ObjectNode status = pod.putObject("status").put("phase", "Running").put("hostIP", "192.0.2.10").put("podIP", "10.42.0.10").put("startTime", "2026-01-01T00:00:00Z");
        for (String name : List.of("web", "sidecar")) {
            ObjectNode container = spec.withArray("/containers").addObject().put("name", name).put("image", "registry.example.org/team/" + name + ":1.2.3")
                    .put("imagePullPolicy", "IfNotPresent").put("terminationMessagePath", "/dev/termination-log").put("terminationMessagePolicy", "File");
            container.putObject("resources").putObject("limits").put("cpu", "500m").put("memory", "128Mi");
            container.putArray("env").addObject().put("name", "MODE").put("value", "production");
            container.putArray("volumeMounts").addObject().put("name", "kube-api-access").put("readOnly", true).put("mountPath", "/var/run/secrets/kubernetes.io/serviceaccount");
            ObjectNode state = status.withArray("/containerStatuses").addObject().put("name", name).put("ready", true).put("restartCount", 0)
                    .put("image", "registry.example.org/team/" + name + ":1.2.3").put("imageID", "sha256:" + "0123456789abcdef".repeat(4))
                    .put("containerID", "containerd://" + "0123456789abcdef".repeat(4)).put("started", true);
            state.putObject("state").putObject("running").put("startedAt", "2026-01-01T00:00:01Z");
        }
        for (String type : List.of("PodScheduled", "Initialized", "ContainersReady", "Ready")) {
            status.withArray("/conditions").addObject().put("type", type).put("status", "True").putNull("lastProbeTime").put("lastTransitionTime", "2026-01-01T00:00:02Z");
        }
        return pod;
    }
}
