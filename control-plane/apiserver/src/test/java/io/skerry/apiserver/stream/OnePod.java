package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.User;
import io.skerry.apiserver.http.Blocking;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.discovery.Discovery;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A frontend over TLS with one pod "web" on the node {@link LocalProcesses}, and as much of an API as clients ask for on the way. */
final class OnePod implements AutoCloseable {

    private static final ObjectNode POD = (ObjectNode) Json.parse("""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default","uid":"1"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]},
             "spec":{"nodeName":"n1","containers":[{"name":"app","image":"x","stdin":true}]}}""");

    final LocalProcesses node = new LocalProcesses();
    final Path kubeconfig;
    private final Vertx vertx = Vertx.vertx();
    private final HttpFrontend frontend;

    OnePod(Path home) throws IOException {
        ClusterPki pki = ClusterPki.ensure(home.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC());
        PodStreams streams = new PodStreams((request, info) -> {
            if (!info.name().equals("web")) {
                throw ApiException.notFound("", "pods", info.name());
            }
            return POD;
        }, name -> name.equals("n1") ? Optional.of(node) : Optional.empty());
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                info -> info.peerCertificates().isEmpty() ? User.ANONYMOUS : User.master("admin"), OnePod::answer, streams);
        frontend.start();
        kubeconfig = home.resolve("kubeconfig");
        Files.writeString(kubeconfig, pki.adminKubeconfig("https://127.0.0.1:" + frontend.port()));
    }

    private static void answer(ApiRequest request, ApiResponse response) {
        ObjectNode body = switch (request.path()) {
            case "/api" -> Discovery.aggregated(TypeTable.builtin().all(), true);
            case "/apis" -> Discovery.aggregated(TypeTable.builtin().all(), false);
            case "/api/v1/namespaces/default/pods/web" -> POD;
            default -> null;
        };
        if (body == null) {
            Responder.failure(response, ApiException.notFound("", "pods", "other"));
            return;
        }
        response.start(200, Map.of("Content-Type", request.path().startsWith("/api/") ? "application/json" : Discovery.AGGREGATED_V2));
        response.write(Json.bytes(body));
        response.end();
    }

    @Override
    public void close() {
        frontend.close();
        Blocking.await(vertx.close());
    }
}
