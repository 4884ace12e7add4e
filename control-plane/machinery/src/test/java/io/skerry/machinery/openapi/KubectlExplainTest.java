package io.skerry.machinery.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.skerry.machinery.discovery.Discovery;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real kubectl reads our discovery and OpenAPI documents, served as they are. */
class KubectlExplainTest {

    private final Collection<ResourceType> types = TypeTable.builtin().all();
    private HttpServer server;
    @TempDir
    Path home;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String accept = String.valueOf(exchange.getRequestHeaders().getFirst("Accept"));
        boolean aggregated = accept.contains("g=apidiscovery.k8s.io;v=v2;");
        String[] parts = path.split("/");
        ObjectNode body = switch (path) {
            case "/api" -> aggregated ? Discovery.aggregated(types, true) : Discovery.coreVersions("127.0.0.1");
            case "/apis" -> aggregated ? Discovery.aggregated(types, false) : Discovery.groups(types);
            case "/openapi/v3" -> {
                Map<String, String> hashes = new TreeMap<>();
                types.forEach(t -> hashes.put(t.apiVersion(), "1"));
                yield OpenApi.v3Index(hashes);
            }
            default -> path.startsWith("/openapi/v3/api/") ? OpenApi.v3(parts[4], types)
                    : path.startsWith("/openapi/v3/apis/") ? OpenApi.v3(parts[4] + "/" + parts[5], types) : null;
        };
        byte[] bytes = body == null ? new byte[0] : Json.bytes(body);
        exchange.getResponseHeaders().add("Content-Type", aggregated && path.startsWith("/api") ? Discovery.AGGREGATED_V2 : "application/json");
        exchange.sendResponseHeaders(body == null ? 404 : 200, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String kubectl(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("kubectl", "--server", "http://127.0.0.1:" + server.getAddress().getPort(),
                "--cache-dir", home.resolve("cache").toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("HOME", home.toString());
        builder.environment().put("KUBECONFIG", "/dev/null");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(out).isZero();
        return out;
    }

    @Test
    void explains() throws Exception {
        String strategy = kubectl("explain", "deployment.spec.strategy", "--recursive");
        assertThat(strategy).contains("GROUP:      apps", "KIND:       Deployment", "VERSION:    v1", "FIELD: strategy <DeploymentStrategy>",
                "rollingUpdate\t<RollingUpdateDeployment>", "maxSurge\t<IntOrString>", "enum: Recreate, RollingUpdate");
        String limits = kubectl("explain", "pod.spec.containers.resources.limits");
        assertThat(limits).contains("FIELD: limits <map[string]Quantity>", "maximum amount of compute resources");
        assertThat(kubectl("explain", "pod.spec.containers.resources").replaceAll("\\s+", " "))
                .contains("FIELD: resources <ResourceRequirements> DESCRIPTION: ResourceRequirements describes the compute resource requirements. FIELDS: claims");
        assertThat(kubectl("explain", "deployment.spec.template").replaceAll("\\s+", " "))
                .contains("FIELD: template <PodTemplateSpec> DESCRIPTION: PodTemplateSpec describes the data a pod should have when created from a template FIELDS: metadata");
        assertThat(kubectl("explain", "po.spec.containers")).contains("name\t<string> -required-", "FIELD: containers <[]Container>");
        assertThat(kubectl("explain", "hpa.spec.metrics", "--api-version=autoscaling/v2")).contains("VERSION:    v2");
    }

    @Test
    void listsResources() throws Exception {
        List<String> lines = kubectl("api-resources", "-o", "wide").lines().map(l -> l.replaceAll("\\s+", " ").strip()).toList();
        assertThat(lines).contains(
                "deployments deploy apps/v1 true Deployment create,delete,deletecollection,get,list,patch,update,watch all",
                "networkpolicies netpol networking.k8s.io/v1 true NetworkPolicy create,delete,deletecollection,get,list,patch,update,watch",
                "apiservices apiregistration.k8s.io/v1 false APIService create,delete,deletecollection,get,list,patch,update,watch api-extensions");
        assertThat(lines).hasSize(1 + (int) types.stream().map(t -> t.group() + "/" + t.plural()).distinct().count());
    }
}
