package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.util.List;

/** What a cluster cannot be without is made at start when it is not there. */
public final class Bootstrap {
    private static final User USER = User.master("system:apiserver");
    private static final List<String> NAMESPACES = List.of("kube-system", "kube-public", "kube-node-lease", "default");

    private final ApiHandler server;

    public Bootstrap(ApiHandler server) {
        this.server = server;
    }

    public void run() {
        for (String name : NAMESPACES) {
            create("/api/v1/namespaces", object("v1", "Namespace", name));
        }
    }

    static ObjectNode object(String apiVersion, String kind, String name) {
        ObjectNode object = Json.object().put("apiVersion", apiVersion).put("kind", kind);
        object.putObject("metadata").put("name", name);
        return object;
    }

    private void create(String collection, ObjectNode object) {
        String path = collection + "/" + Json.text(object, "metadata", "name");
        if (DirectCall.send(server, USER, "GET", path, null).code() == 404) {
            DirectCall.Answer answer = DirectCall.send(server, USER, "POST", collection, object);
            if (answer.code() != 201 && answer.code() != 409) {
                throw new IllegalStateException("cannot create " + path + ": " + Json.text(answer.body(), "message"));
            }
        }
    }
}
