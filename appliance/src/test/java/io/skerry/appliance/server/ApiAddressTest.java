package io.skerry.appliance.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.appliance.config.Converters;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.schema.TypeTable;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@Timeout(180)
class ApiAddressTest {
    private static final String NODE_IP = "192.0.2.7";

    @TempDir
    Path folder;

    private static ServerOptions options(String... flags) {
        ServerOptions options = new ServerOptions();
        List<String> all = new ArrayList<>(List.of("--node-name", "edge-1", "--node-ip", NODE_IP));
        all.addAll(List.of(flags));
        Converters.register(new CommandLine(options)).parseArgs(all.toArray(String[]::new));
        return options;
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, https://127.0.0.1:6443, 192.0.2.7",
        "::, https://127.0.0.1:6443, 192.0.2.7",
        "198.51.100.3, https://198.51.100.3:6443, 198.51.100.3",
        "127.0.0.2, https://127.0.0.2:6443, 192.0.2.7",
        "169.254.7.7, https://169.254.7.7:6443, 192.0.2.7",
        "2001:db8::1, https://[2001:db8:0:0:0:0:0:1]:6443, 192.0.2.7"})
    void itIsFoundWhereItListens(String bind, String url, String advertised) {
        ServerOptions options = options("--bind-address", bind);
        assertThat(ApiAddress.url(options)).isEqualTo(url);
        assertThat(ApiAddress.advertised(options, NODE_IP)).isEqualTo(advertised);
        assertThat(ApiAddress.advertised(options("--bind-address", bind, "--advertise-address", "198.51.100.9"), NODE_IP)).isEqualTo("198.51.100.9");
    }

    @Test
    void theCertificateNamesTheAddressesOnceAndForAll() throws IOException {
        ServerOptions options = options("--bind-address", "2001:db8::1", "--advertise-address", "198.51.100.9");
        List<String> names = Identity.of(options).servingNames(options);
        assertThat(names).contains("2001:db8:0:0:0:0:0:1", "198.51.100.9", NODE_IP, "127.0.0.1");
        byte[] made = Files.readAllBytes(ClusterPki.ensure(folder, names, Clock.systemUTC()).servingCertificate());
        assertThat(Files.readAllBytes(ClusterPki.ensure(folder, names, Clock.systemUTC()).servingCertificate())).as("of the next start").isEqualTo(made);
    }

    @Test
    void kubectlReachesAServerAtASecondAddressOfLoopback() throws Exception {
        assertThat(endpoint("127.0.0.2")).as("nobody else reaches that").isEqualTo(NODE_IP);
    }

    @Test
    void kubectlAndPodsReachAServerAtOneAddressOfTheMachine() throws Exception {
        long pid = ProcessHandle.current().pid();
        String bridge = "skaddr" + Long.toString(pid, 36);
        String address = "10.98." + pid % 250 + ".1";
        run("ip", "link", "add", "name", bridge, "type", "bridge");
        try {
            run("ip", "address", "add", address + "/32", "dev", bridge);
            run("ip", "link", "set", bridge, "up");
            assertThat(endpoint(address)).isEqualTo(address);
        } finally {
            run("ip", "link", "delete", bridge);
        }
    }

    /** Where service kubernetes leads to, as kubectl is told, with the kubeconfig of a server that listens at one address alone. */
    private String endpoint(String bind) throws Exception {
        String port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(bind))) {
            port = Integer.toString(free.getLocalPort());
        }
        ServerOptions options = options("--bind-address", bind, "--https-listen-port", port);
        Identity identity = Identity.of(options);
        ClusterPki pki = ClusterPki.ensure(folder.resolve("tls"), identity.servingNames(options), Clock.systemUTC());
        ApiServerConfig config = ApiServerConfig.defaults().withAdvertise(ApiAddress.advertised(options, identity.nodeIp()), options.httpsListenPort);
        Vertx vertx = Vertx.vertx();
        try (Datastore store = SqliteDatastore.open(folder.resolve("state.db"));
                ApiServer api = new ApiServer(config, store, TypeTable.builtin(), name -> Optional.empty());
                HttpFrontend frontend = new HttpFrontend(vertx, new HttpFrontendConfig(options.bindAddress, options.httpsListenPort, pki.servingCertificate(), pki.servingKey(),
                        pki.clientCaCertificate()), client -> api.authenticator().authenticate(client.peerCertificates().getFirst(), null), api, api.remoteStreams())) {
            frontend.start();
            Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), pki.adminKubeconfig(ApiAddress.url(options)));
            String slice = run("kubectl", "--kubeconfig", kubeconfig.toString(), "--cache-dir", folder.resolve("cache").toString(), "get", "endpointslice", "kubernetes",
                    "-o", "jsonpath={.endpoints[0].addresses[0]} {.ports[0].port}");
            assertThat(slice).endsWith(" " + port);
            return slice.split(" ")[0];
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(String.join(" ", command) + ": " + said + "; it takes root, iproute2 and kubectl").isZero();
        return said;
    }
}
