package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.util.Map;

/** Kubelet's names for what belongs to a pod: labels and annotations on its sandboxes and containers, files of its logs. With them pods are found again. */
public final class Names {
    public static final String POD_NAME = "io.kubernetes.pod.name", POD_NAMESPACE = "io.kubernetes.pod.namespace", POD_UID = "io.kubernetes.pod.uid",
            CONTAINER_NAME = "io.kubernetes.container.name", CONTAINER_HASH = "io.kubernetes.container.hash", RESTART_COUNT = "io.kubernetes.container.restartCount",
            GRACE_PERIOD = "io.kubernetes.pod.terminationGracePeriod", MESSAGE_PATH = "io.kubernetes.container.terminationMessagePath",
            MESSAGE_POLICY = "io.kubernetes.container.terminationMessagePolicy";

    private Names() {
    }

    static Map<String, String> podLabels(Pod pod) {
        return Map.of(POD_NAME, pod.getMetadata().getName(), POD_NAMESPACE, pod.getMetadata().getNamespace(), POD_UID, pod.getMetadata().getUid());
    }

    public static Path logFolder(Path podLogs, String namespace, String name, String uid) { return podLogs.resolve(namespace + "_" + name + "_" + uid); }

    static Path logFolder(Path podLogs, Pod pod) { return logFolder(podLogs, pod.getMetadata().getNamespace(), pod.getMetadata().getName(), pod.getMetadata().getUid()); }

    /** Changes when a container has to be made anew: with its image, the one part of a running pod's containers that may be changed. */
    static String hash(Container container) { return Integer.toHexString((container.getName() + "\0" + container.getImage()).hashCode()); }
}
