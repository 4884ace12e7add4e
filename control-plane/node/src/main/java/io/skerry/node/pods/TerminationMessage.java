package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.node.logs.LogTail;
import io.skerry.node.pods.PodView.Instance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a container left in its terminationMessagePath, or the end of its log, or what the runtime said. */
final class TerminationMessage {
    private static final int MAX_BYTES = 4096;

    private TerminationMessage() {
    }

    static String read(PodParts parts, Pod pod, Container container, Instance ended) {
        String message = "";
        try (var in = Files.newInputStream(parts.mounts().messageFile(pod, container.getName(), ended.attempt(), false))) {
            message = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            // the pod's folder is gone already, or the container never ran
        }
        if (message.isEmpty() && ended.exitCode() != 0 && "FallbackToLogsOnError".equals(container.getTerminationMessagePolicy())) message = LogTail.of(Path.of(ended.status().getLogPath()));
        return message.isEmpty() ? ended.status().getMessage() : message;
    }
}
