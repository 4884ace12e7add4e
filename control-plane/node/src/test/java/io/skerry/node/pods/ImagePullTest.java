package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.machinery.json.Json;
import io.skerry.node.Rig;
import io.skerry.node.images.ImagePull;
import io.skerry.node.images.ImagePull.Result;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagePullTest {
    @TempDir Path temp;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private Path layout;
    private JsonNode manifest;

    @Test
    void pullsWithTheLoginOfASecretAndAsItsPolicySays() throws Exception {
        HttpServer registry = registry();
        try (var rig = new Rig().start()) {
            String image = "127.0.0.1:" + registry.getAddress().getPort() + "/team/app:1";
            var api = new MemoryApi();
            var wakes = new AtomicInteger();
            try (var pulls = new ImagePull(rig.cri, rig.images, api, wakes::incrementAndGet)) {
                Pod pod = pod(image, "IfNotPresent");
                assertThat(settle(pulls, pod).reason()).isEqualTo("ErrImagePull");
                assertThat(wakes).hasPositiveValue();
                Result waiting = pulls.ensure(pod, pod.getSpec().getContainers().getFirst());
                assertThat(waiting.reason()).isEqualTo("ImagePullBackOff");
                assertThat(waiting.retry()).isAfter(java.time.Instant.now().plusSeconds(5));
            }
            String auth = Base64.getEncoder().encodeToString("me:pass:word".getBytes());
            String dockerConfig = "{\"auths\":{\"http://127.0.0.1:" + registry.getAddress().getPort() + "/team\":{\"auth\":\"" + auth + "\"},\"other.example\":{\"username\":\"x\",\"password\":\"y\"}}}";
            api.secrets.put("login", new SecretBuilder().withNewMetadata().withName("login").endMetadata().addToData(".dockerconfigjson", Base64.getEncoder().encodeToString(dockerConfig.getBytes())).build());
            try (var pulls = new ImagePull(rig.cri, rig.images, api, wakes::incrementAndGet)) {
                Pod pod = pod(image, "IfNotPresent");
                assertThat(settle(pulls, pod).image().getRepoTagsList()).contains(image);
                assertThat(api.events).anyMatch(e -> e.startsWith("Normal Pulled Successfully pulled image \"" + image + "\" in "));
                requests.clear();
                assertThat(pulls.ensure(pod, pod.getSpec().getContainers().getFirst()).image()).isNotNull();
                assertThat(requests).as("it is there").isEmpty();
                assertThat(settle(pulls, pod(image, "Always")).image()).isNotNull();
                assertThat(requests).as("Always asks the registry").isNotEmpty();
                requests.clear();
                assertThat(settle(pulls, pod(image, "Always")).image()).isNotNull();
                assertThat(requests).as("for every start").isNotEmpty();
            }
        } finally {
            registry.stop(0);
        }
    }

    /** Asks until the pull has ended. */
    private static Result settle(ImagePull pulls, Pod pod) {
        var result = new AtomicReference<Result>();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            result.set(pulls.ensure(pod, pod.getSpec().getContainers().getFirst()));
            return !"ContainerCreating".equals(result.get().reason());
        });
        return result.get();
    }

    private static Pod pod(String image, String policy) {
        return new PodBuilder(Serialization.unmarshal("spec:\n  imagePullSecrets: [{name: login}]\n  containers: [{name: c, image: '" + image + "', imagePullPolicy: " + policy + "}]\n", Pod.class))
                .withNewMetadata().withName("p").withNamespace("default").withUid("u").endMetadata().build();
    }

    /** The pull half of the OCI distribution API with one private image, enough to see which requests containerd makes. */
    private HttpServer registry() throws Exception {
        Path archive = temp.resolve("image.tar");
        Rig.busybox("x.test/app:1").write(archive);
        layout = Files.createDirectory(temp.resolve("layout"));
        assertThat(new ProcessBuilder("tar", "-xf", archive.toString(), "-C", layout.toString()).start().waitFor()).isZero();
        manifest = Json.parse(Files.readAllBytes(layout.resolve("index.json"))).at("/manifests/0");
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/v2/", this::serve);
        server.start();
        return server;
    }

    private void serve(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath(), login = exchange.getRequestHeaders().getFirst("Authorization");
        requests.add(path);
        String expected = "Basic " + Base64.getEncoder().encodeToString("me:pass:word".getBytes());
        if (!expected.equals(login)) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"test\"");
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
            return;
        }
        String digest = path.endsWith("/manifests/1") ? manifest.path("digest").asText() : path.substring(path.lastIndexOf('/') + 1);
        Path blob = layout.resolve("blobs/sha256").resolve(digest.replace("sha256:", ""));
        if (!Files.exists(blob)) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            exchange.getResponseHeaders().set("Content-Type", path.contains("/manifests/") ? manifest.path("mediaType").asText() : "application/octet-stream");
            exchange.getResponseHeaders().set("Docker-Content-Digest", digest);
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Length", Long.toString(Files.size(blob)));
                exchange.sendResponseHeaders(200, -1);
            } else {
                exchange.sendResponseHeaders(200, Files.size(blob));
                Files.copy(blob, exchange.getResponseBody());
            }
        }
        exchange.close();
    }
}
