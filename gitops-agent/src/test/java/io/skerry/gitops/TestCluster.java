package io.skerry.gitops;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A real API server on a real datastore in this process; no controllers, so a test plays them where an object's status matters. */
public final class TestCluster implements AutoCloseable {

    private final Datastore datastore;
    private final ApiServer server;
    private final KubernetesClient client;
    private final AtomicInteger writes = new AtomicInteger(Integer.MAX_VALUE);

    public TestCluster(Path folder) {
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin());
        client = InProcessClient.create((request, response) -> {
            if (!request.method().equals("GET") && !String.valueOf(request.query()).contains("dryRun") && writes.decrementAndGet() < 0) throw new IllegalStateException("the power is cut");
            server.handle(request, response);
        }, User.master("test"));
        for (String namespace : new String[] {"default", "kube-system"}) {
            if (get("/api/v1/namespaces/" + namespace).isEmpty()) {
                send("POST", "/api/v1/namespaces", "application/json", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" + namespace + "\"}}");
            }
        }
    }

    /** From now on only so many writes are done; for each after that the request fails as if the server died in it. */
    public void cutPowerAfter(int count) {
        writes.set(count);
    }

    /** Whether a write came after the power was cut. */
    public boolean powerIsCut() {
        return writes.get() < 0;
    }

    public void powerOn() {
        writes.set(Integer.MAX_VALUE);
    }

    public int writes() {
        return Integer.MAX_VALUE - writes.get();
    }

    public KubernetesClient client() {
        return client;
    }

    /** An object, or an empty one when there is none. */
    public JsonNode get(String path) {
        JsonNode answer = send("GET", path, null, null);
        return answer.path("kind").asText().equals("Status") ? Json.object() : answer;
    }

    public boolean has(String path) {
        return !get(path).isEmpty();
    }

    public JsonNode send(String method, String path, String contentType, String body) {
        var http = client.getHttpClient();
        var request = http.newHttpRequestBuilder().uri(client.getMasterUrl().toString().replaceFirst("/$", "") + path).header("Accept", "application/json");
        if (contentType != null) request.method(method, contentType, body);
        else if (!method.equals("GET")) request.method(method, "application/json", "{}");
        try {
            byte[] answer = http.sendAsync(request.build(), byte[].class).get(30, TimeUnit.SECONDS).body();
            // Of a group that there is not, the server says so in plain text.
            return answer == null || answer.length == 0 || answer[0] != '{' ? Json.object() : Json.parse(answer);
        } catch (Exception e) {
            throw new IllegalStateException(method + " " + path, e);
        }
    }

    /** What the Deployment controller would say of a Deployment all of whose pods are well (or are not). */
    public void deploymentStatus(String namespace, String name, boolean available) {
        String path = "/apis/apps/v1/namespaces/" + namespace + "/deployments/" + name;
        JsonNode deployment = get(path);
        int replicas = deployment.at("/spec/replicas").asInt(1);
        int well = available ? replicas : 0;
        String status = "{\"status\":{\"observedGeneration\":" + deployment.at("/metadata/generation").asLong() + ",\"replicas\":" + replicas + ",\"updatedReplicas\":" + replicas
                + ",\"readyReplicas\":" + well + ",\"availableReplicas\":" + well + "}}";
        JsonNode answer = send("PATCH", path + "/status", "application/merge-patch+json", status);
        if (answer.path("kind").asText().equals("Status")) throw new IllegalStateException(answer.toString());
    }

    @Override
    public void close() throws Exception {
        client.close();
        server.close();
        datastore.close();
    }
}
