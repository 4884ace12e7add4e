package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.skerry.scripts.conformance.Scene;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A server that is given one address of its machine, and then all again: people, and the pods that ran before, find it each time. */
@Tag("once")
@ExtendWith(RunningStack.class)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BindAddressIT {
    private static final String LINK = "skerrybind0";
    private static final String ADDRESS = "10.144.0.1";
    private static final String SERVICE = "10.143.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void theServerIsFoundAtItsOnlyAddress(DemoStack stack) throws Exception {
        Run.of("ip", "link", "add", "name", LINK, "type", "bridge").orFail();
        try (Scene scene = new Scene(stack, "bind-address")) {
            scene.pod("client");
            String everywhere = endpoint(stack);
            Run.of("ip", "address", "add", ADDRESS + "/32", "dev", LINK).orFail();
            Run.of("ip", "link", "set", LINK, "up").orFail();
            try {
                List<String> flags = new ArrayList<>(RunningStack.FLAGS);
                flags.addAll(List.of("--bind-address", ADDRESS));
                startAgain(stack, new SkerryServer(stack.layout, flags));
                await().atMost(PATIENCE).untilAsserted(() -> assertThat(endpoint(stack)).isEqualTo(ADDRESS + ":" + stack.layout.apiPort()));
                assertThat(stack.kubectl.out("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"))
                        .isEqualTo("https://" + ADDRESS + ":" + stack.layout.apiPort());
                assertThat(livez(stack, "127.0.0.1:" + stack.layout.apiPort()).exitCode()).as("7: nobody listens").isEqualTo(7);
                assertReached(stack, scene);
            } finally {
                startAgain(stack, stack.skerry);
            }
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(endpoint(stack)).isEqualTo(everywhere));
            assertThat(livez(stack, "127.0.0.1:" + stack.layout.apiPort()).out()).isEqualTo("ok");
            assertReached(stack, scene);
        } finally {
            Run.of("ip", "link", "delete", LINK).orFail();
        }
    }

    /** Ends the one that runs and starts the given one in its place. */
    private static void startAgain(DemoStack stack, SkerryServer next) throws Exception {
        stack.skerry.stop();
        next.start();
        await().atMost(PATIENCE).until(() -> stack.kubectl.run("get", "--raw", "/readyz").out().equals("ok"));
    }

    /** Where service kubernetes leads, of which its Endpoints and its EndpointSlice say the same. */
    private static String endpoint(DemoStack stack) throws Exception {
        String endpoints = stack.kubectl.out("get", "endpoints", "kubernetes", "-n", "default", "-o", "jsonpath={.subsets[*].addresses[*].ip}:{.subsets[*].ports[*].port}");
        String slice = stack.kubectl.out("get", "endpointslice", "kubernetes", "-n", "default", "-o", "jsonpath={.endpoints[*].addresses[*]}:{.ports[*].port}");
        return endpoints.equals(slice) ? slice : endpoints + " or " + slice;
    }

    /** Through the service: from this machine, with the certificate looked at, and from a pod, whose busybox speaks no TLS that is safe enough for the server. */
    private static void assertReached(DemoStack stack, Scene scene) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(livez(stack, SERVICE).out()).isEqualTo("ok"));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.run("exec", "client", "--", "timeout", "10", "nc", "-w", "5", "kubernetes.default.svc", "443").exitCode()).isZero());
    }

    private static Run livez(DemoStack stack, String host) throws Exception {
        Path authority = stack.layout.dataDir().resolve("server/tls/server-ca.crt");
        return Run.of("curl", "-sS", "--max-time", "5", "--cacert", authority.toString(), "https://" + host + "/livez");
    }
}
