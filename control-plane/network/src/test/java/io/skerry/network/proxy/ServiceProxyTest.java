package io.skerry.network.proxy;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.skerry.network.NetworkException;
import io.skerry.network.NetworkLab;
import io.skerry.network.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the proxy does when somebody else touches its table. */
class ServiceProxyTest {

    @TempDir
    Path folder;
    private TestCluster cluster;
    private NetworkLab lab;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        lab = new NetworkLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
        cluster.close();
    }

    private void service(String name, String ip) {
        cluster.apply("""
            apiVersion: v1
            kind: Service
            metadata: {name: %s, namespace: default}
            spec: {clusterIP: %s, ports: [{name: http, port: 80}]}
            """.formatted(name, ip));
    }

    private void eventuallyHas(String... texts) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
            String table = lab.commands.attempt("", "nft", "list", "table", "ip", lab.config.proxyTable()).out();
            return List.of(texts).stream().allMatch(table::contains);
        });
    }

    @Test
    void aFlushedTableIsWrittenAgainByItself() {
        service("one", "10.43.0.21");
        try (var proxy = new ServiceProxy(cluster.informers, lab.config, 1)) {
            proxy.start();
            eventuallyHas("10.43.0.21");
            lab.commands.run("nft", "flush", "ruleset");
            eventuallyHas("10.43.0.21", "nat-prerouting");
        }
    }

    @Test
    void aPodsHostPortComesAndGoesWithIt() {
        try (var proxy = new ServiceProxy(cluster.informers, lab.config, 3600)) {
            proxy.start();
            cluster.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: default}
                spec: {nodeName: node-1, containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 8888}]}]}
                """);
            cluster.client.pods().inNamespace("default").withName("p").subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"phase\":\"Running\",\"podIP\":\"10.42.0.9\",\"podIPs\":[{\"ip\":\"10.42.0.9\"}]}}");
            eventuallyHas("tcp . 8888", "10.42.0.9:80");
            cluster.client.pods().inNamespace("default").withName("p").withGracePeriod(0).delete();
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !lab.commands.run("nft", "list", "table", "ip", lab.config.proxyTable()).contains("10.42.0.9"));
        }
    }

    @Test
    void aTransactionThatFailsIsMadeUpForByAWholeWrite() {
        service("one", "10.43.0.21");
        try (var proxy = new ServiceProxy(cluster.informers, lab.config, 3600)) {
            proxy.start();
            lab.commands.run("nft", "flush", "ruleset");
            service("two", "10.43.0.22");
            eventuallyHas("10.43.0.21", "10.43.0.22");
        }
    }

    @Test
    void aHostWithoutNftablesIsTold() {
        try (var proxy = new ServiceProxy(cluster.informers, lab.config.withCommandPrefix(List.of("no-such-tool")))) {
            assertThatThrownBy(proxy::start).isInstanceOf(NetworkException.class).hasMessageContaining("no-such-tool").hasMessageContaining("install");
        }
    }
}
