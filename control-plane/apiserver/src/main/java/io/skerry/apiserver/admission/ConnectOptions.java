package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.proxy.ProxySubresource;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.request.Query;
import io.skerry.machinery.json.Json;
import java.util.List;

/** What a CONNECT is about, as admission sees it: core/v1 PodExecOptions, PodAttachOptions or PodPortForwardOptions, from the query; the path of what is proxied. */
public final class ConnectOptions {
    private static final List<String> FLAGS = List.of("stdin", "stdout", "stderr", "tty");

    private ConnectOptions() {
    }

    public static ObjectNode of(Call call) {
        ObjectNode options = Json.object();
        if (call.info().subresource().equals(ProxySubresource.NAME)) {
            String path = ProxySubresource.rest(call);
            return path.isEmpty() ? options : options.put("path", Query.decode(path.replace("+", "%2B")));
        }
        for (String flag : FLAGS) {
            if (call.query().flag(flag)) {
                options.put(flag, true);
            }
        }
        if (call.query().has("container")) {
            options.put("container", call.query().get("container"));
        }
        if (call.query().has("command")) {
            call.query().all("command").forEach(options.putArray("command")::add);
        }
        for (String ports : call.query().all("ports")) {
            for (String port : ports.split(",")) {
                if (port.matches("\\d{1,5}")) {
                    options.withArray("ports").add(Integer.parseInt(port));
                }
            }
        }
        return options;
    }
}
