package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** {@code pods/log}: streams a container's log from its node (core/v1 PodLogOptions). */
public final class LogSubresource {
    private final Store store;
    private final NodeLocator nodes;

    public LogSubresource(Store store, NodeLocator nodes) {
        this.store = store;
        this.nodes = nodes;
    }

    /** Returns at the end of the log, or when the client is gone. */
    public void stream(Call call, ApiResponse response) {
        String name = call.info().name();
        String namespace = call.info().namespace();
        LogOptions options = options(call.query());
        ObjectNode pod = store.tree("", "pods", namespace + "/" + name);
        if (pod == null) {
            throw ApiException.notFound("", "pods", name);
        }
        String container = container(pod, name, call.query().get("container"));
        String nodeName = Json.text(pod, "spec", "nodeName");
        Answer answer = new Answer(response);
        if (!nodeName.isEmpty()) {
            NodeStreams node = nodes.node(nodeName).orElseThrow(() -> ApiException.serviceUnavailable("node \"" + nodeName + "\" of pod \"" + name
                    + "\" is not connected to this server"));
            try {
                node.logs(namespace, name, container, options, answer);
            } catch (NodeStreamException e) {
                if (!answer.started) {
                    throw ApiException.ofCode(e.code(), e.getMessage());
                }
                // the status line is out: all that is left is to end
            }
        }
        // a pod that is on no node yet has an empty log
        answer.start();
        response.end();
    }

    private static LogOptions options(Query query) {
        Long seconds = query.number("sinceSeconds");
        Long tail = query.number("tailLines");
        Long limit = query.number("limitBytes");
        String time = query.get("sinceTime");
        List<ApiException.Cause> problems = new ArrayList<>();
        if (tail != null && tail < 0) {
            problems.add(new ApiException.Cause("FieldValueInvalid", "Invalid value: " + tail + ": must be greater than or equal to 0", "tailLines"));
        }
        if (limit != null && limit < 1) {
            problems.add(new ApiException.Cause("FieldValueInvalid", "Invalid value: " + limit + ": must be greater than 0", "limitBytes"));
        }
        if (seconds != null && !time.isEmpty()) {
            problems.add(new ApiException.Cause("FieldValueForbidden", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified", ""));
        } else if (seconds != null && seconds < 1) {
            problems.add(new ApiException.Cause("FieldValueInvalid", "Invalid value: " + seconds + ": must be greater than 0", "sinceSeconds"));
        }
        if (!problems.isEmpty()) {
            throw ApiException.invalid("", "PodLogOptions", "", problems);
        }
        Instant since = null;
        try {
            since = seconds != null ? Instant.now().minusSeconds(Math.min(seconds, Instant.now().getEpochSecond())) : time.isEmpty() ? null : Instant.parse(time);
        } catch (DateTimeParseException e) {
            throw ApiException.badRequest("parsing time \"" + time + "\": sinceTime must be a time of RFC 3339 such as 2026-01-02T15:04:05Z");
        }
        return new LogOptions(query.flag("follow"), query.flag("previous"), since, query.flag("timestamps"), tail, limit);
    }

    private static String container(ObjectNode pod, String name, String asked) {
        List<String> containers = names(pod, "containers");
        List<String> inits = names(pod, "initContainers");
        List<String> ephemeral = names(pod, "ephemeralContainers");
        if (!asked.isEmpty()) {
            if (containers.contains(asked) || inits.contains(asked) || ephemeral.contains(asked)) {
                return asked;
            }
            throw ApiException.badRequest("container " + asked + " is not valid for pod " + name);
        }
        if (containers.size() == 1) {
            return containers.getFirst();
        }
        String message = "a container name must be specified for pod " + name + ", choose one of: [" + String.join(" ", containers) + "]";
        if (!inits.isEmpty()) {
            message += " or one of the init containers: [" + String.join(" ", inits) + "]";
        }
        if (!ephemeral.isEmpty()) {
            message += " or one of the ephemeral containers: [" + String.join(" ", ephemeral) + "]";
        }
        throw ApiException.badRequest(message);
    }

    private static List<String> names(ObjectNode pod, String list) {
        List<String> names = new ArrayList<>();
        for (JsonNode container : Json.at(pod, "spec", list)) {
            names.add(Json.text(container, "name"));
        }
        return names;
    }

    /** Starts with the first byte, so that what goes wrong before can still be told as a Status. */
    private static final class Answer implements LogSink {
        private final ApiResponse response;
        private boolean started;

        Answer(ApiResponse response) {
            this.response = response;
        }

        void start() {
            if (!started) {
                started = true;
                response.start(200, Map.of("Content-Type", "text/plain", "Cache-Control", "no-cache, private"));
            }
        }

        @Override
        public void write(byte[] bytes) {
            start();
            response.write(bytes);
            response.flush();
        }

        @Override
        public boolean isClosed() {
            return response.isClosed();
        }

        @Override
        public CompletionStage<Void> closed() {
            return response.closed();
        }
    }
}
