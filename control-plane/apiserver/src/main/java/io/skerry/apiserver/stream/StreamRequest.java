package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.node.NodeStreams.ExecOptions;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a stream is asked for: core/v1 PodExecOptions, PodAttachOptions or PodPortForwardOptions, which come as query parameters.
 *
 * @param kind "exec", "attach" or "portforward"
 * @param ports of a port-forward over WebSocket channels; empty when the streams themselves say it
 */
record StreamRequest(String kind, String namespace, String pod, String container, List<String> command, boolean stdin, boolean stdout,
        boolean stderr, boolean tty, List<Integer> ports) {

    static final Set<String> KINDS = Set.of("exec", "attach", "portforward");

    static StreamRequest of(RequestInfo info, Query query) {
        boolean command = !info.subresource().equals("portforward");
        StreamRequest request = new StreamRequest(info.subresource(), info.namespace(), info.name(), query.get("container"), List.copyOf(query.all("command")),
                query.flag("stdin"), query.flag("stdout"), query.flag("stderr"), query.flag("tty"), command ? List.of() : ports(query));
        if (command && !request.stdin && !request.stdout && !request.stderr) {
            throw ApiException.badRequest("you must specify at least 1 of stdin, stdout, stderr");
        }
        if (info.subresource().equals("exec") && request.command.isEmpty()) {
            throw ApiException.badRequest("you must specify at least one command for the container");
        }
        return request;
    }

    private static List<Integer> ports(Query query) {
        List<Integer> out = new ArrayList<>();
        for (String list : query.all("ports")) {
            for (String port : list.split(",", -1)) {
                out.add(port(port));
            }
        }
        return out;
    }

    static int port(String text) {
        try {
            int port = Integer.parseInt(text.strip());
            if (port > 0 && port < 65536) {
                return port;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw ApiException.badRequest("invalid port \"" + text + "\": it must be a number from 1 to 65535");
    }

    /** The options with the container that is meant, by the pod's spec when none is named. */
    ExecOptions execOptions(JsonNode pod) {
        // a terminal has one output
        return new ExecOptions(namespace, this.pod, chosen(pod), command, stdin, stdout, stderr && !tty, tty);
    }

    private String chosen(JsonNode podObject) {
        List<String> containers = names(podObject, "containers");
        List<String> inits = names(podObject, "initContainers");
        if (!container.isEmpty()) {
            if (containers.contains(container) || inits.contains(container) || names(podObject, "ephemeralContainers").contains(container)) {
                return container;
            }
            throw ApiException.badRequest("container " + container + " is not valid for pod " + pod);
        }
        if (containers.size() == 1) {
            return containers.getFirst();
        }
        String message = "a container name must be specified for pod " + pod + ", choose one of: [" + String.join(" ", containers) + "]";
        throw ApiException.badRequest(inits.isEmpty() ? message : message + " or one of the init containers: [" + String.join(" ", inits) + "]");
    }

    private static List<String> names(JsonNode pod, String list) {
        List<String> out = new ArrayList<>();
        Json.at(pod, "spec", list).forEach(c -> out.add(Json.text(c, "name")));
        return out;
    }
}
