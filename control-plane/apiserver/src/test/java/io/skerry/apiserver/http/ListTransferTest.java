package io.skerry.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How lists get to a client: their length is told, and large ones are compressed for those who ask. */
class ListTransferTest {

    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    @TempDir
    Path folder;
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private TestServer api;
    private HttpFrontend frontend;

    @BeforeEach
    void start() throws Exception {
        api = new TestServer(folder);
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), who -> TestServer.ADMIN, api.server, null);
        frontend.start();
    }

    @AfterEach
    void stop() {
        client.close();
        frontend.close();
        Blocking.await(vertx.close());
        api.close();
    }

    private HttpResponse<byte[]> get(String path, String encoding) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + frontend.port() + path)).header("Accept-Encoding", encoding).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private void create(int count) {
        for (int i = 0; i < count; i++) {
            api.client.configMaps().inNamespace("default").resource(new ConfigMapBuilder().withNewMetadata().withName("m" + i).endMetadata()
                    .addToData("text", "grüße".repeat(400)).build()).create();
        }
    }

    @Test
    void tellsTheLengthOfAList() throws Exception {
        for (int count : new int[] {0, 1, 3}) {
            create(count);
            for (String query : new String[] {"", "?limit=2", "?labelSelector=a"}) {
                HttpResponse<byte[]> answer = get(MAPS + query, "identity");
                assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(answer.body().length);
                assertThat(Json.parse(answer.body()).path("items").isArray()).isTrue();
            }
            api.client.configMaps().inNamespace("default").delete();
        }
    }

    @Test
    void streamsAListThatIsConvertedAsItGoes() throws Exception {
        assertThat(api.send("POST", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", """
                {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h},
                 spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}}""").code()).isEqualTo(201);
        JsonNode list = Json.parse(get("/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers", "identity").body());
        assertThat(list.at("/items/0/apiVersion").asText()).isEqualTo("autoscaling/v1");
    }

    @Test
    void compressesALargeListForThoseWhoAsk() throws Exception {
        create(100);
        byte[] plain = get(MAPS, "identity").body();
        HttpResponse<byte[]> answer = get(MAPS, "gzip");
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(answer.body().length).isLessThan(plain.length / 5);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes()).isEqualTo(plain);
        assertThat(get(MAPS + "?limit=2", "gzip").headers().firstValue("Content-Encoding")).as("a small one").isEmpty();
    }
}
