package io.skerry.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the JDK's own selector, which every client in the process asks. */
class ProxyEnvironmentTest {
    @TempDir
    Path folder;
    private final Properties before = (Properties) System.getProperties().clone();

    @AfterEach
    void restore() {
        System.setProperties(before);
    }

    private static Object proxyOf(String url) {
        Proxy proxy = ProxySelector.getDefault().select(URI.create(url)).getFirst();
        return proxy == Proxy.NO_PROXY ? "direct" : ((InetSocketAddress) proxy.address()).getHostString() + ":" + ((InetSocketAddress) proxy.address()).getPort();
    }

    @Test
    void whatIsOutsideGoesThroughTheProxy() {
        ProxyEnvironment.apply(Map.of("HTTPS_PROXY", "http://proxy.example.org:3128", "NO_PROXY", "localhost,10.43.0.0/16,.svc,git.local,192.0.2.0/24"));
        assertThat(proxyOf("https://git.example.org/x")).isEqualTo("proxy.example.org:3128");
        assertThat(proxyOf("http://git.example.org/x")).isEqualTo("direct");
        assertThat(proxyOf("https://10.43.0.1/")).isEqualTo("direct");
        assertThat(proxyOf("https://10.44.0.1/")).isEqualTo("proxy.example.org:3128");
        assertThat(proxyOf("https://web.demo.svc/")).isEqualTo("direct");
        assertThat(proxyOf("https://git.local/")).isEqualTo("direct");
        assertThat(proxyOf("https://192.0.2.7/")).isEqualTo("direct");
        assertThat(proxyOf("https://127.0.0.1:6443/")).isEqualTo("direct");
    }

    /** The JDK itself knows no prefixes. */
    @Test
    void prefixesOfAnyLengthAreReachedDirectly() {
        ProxyEnvironment.apply(Map.of("HTTP_PROXY", "http://proxy.example.org:3128", "NO_PROXY", "10.40.0.0/13,172.30.80.0/20,192.0.2.8/30,198.51.100.7/32,2001:db8::7,git.local:80"));
        for (String inside : List.of("10.40.0.1", "10.47.255.254", "172.30.80.1", "172.30.95.9", "192.0.2.8", "192.0.2.11", "198.51.100.7", "[2001:db8::7]")) {
            assertThat(proxyOf("http://" + inside + "/")).as(inside).isEqualTo("direct");
        }
        for (String outside : List.of("10.39.255.254", "10.48.0.1", "172.30.79.9", "172.30.96.1", "192.0.2.7", "192.0.2.12", "198.51.100.70", "[2001:db8::70]")) {
            assertThat(proxyOf("http://" + outside + "/")).as(outside).isEqualTo("proxy.example.org:3128");
        }
    }

    @Test
    void theMachinesOwnAddressIsReachedDirectlyWhereThereIsAProxy() {
        ProxyEnvironment.direct("192.0.2.7");
        assertThat(System.getProperty("http.nonProxyHosts")).as("without a proxy nothing changes").isNull();
        ProxyEnvironment.apply(Map.of("HTTP_PROXY", "http://proxy.example.org:3128", "NO_PROXY", ".svc"));
        assertThat(proxyOf("http://192.0.2.7:5000/v2/")).isEqualTo("proxy.example.org:3128");
        ProxyEnvironment.direct("192.0.2.7");
        assertThat(proxyOf("http://192.0.2.7:5000/v2/")).isEqualTo("direct");
        assertThat(proxyOf("http://web.demo.svc/")).isEqualTo("direct");
        assertThat(proxyOf("http://192.0.2.8/")).isEqualTo("proxy.example.org:3128");
    }

    @Test
    void aCommandReadsTheDevicesFileAndItsOwnEnvironmentFirst() throws Exception {
        Path file = Files.writeString(folder.resolve("environment"), "# by hand\nHTTP_PROXY=http://192.0.2.1:3128\nHTTPS_PROXY=http://192.0.2.1:3128\nNO_PROXY=.svc\n");
        ProxyEnvironment.apply(Map.of("HTTPS_PROXY", "http://192.0.2.2:80"), file);
        assertThat(proxyOf("http://git.example.org/x")).isEqualTo("192.0.2.1:3128");
        assertThat(proxyOf("https://git.example.org/x")).isEqualTo("192.0.2.2:80");
        assertThat(proxyOf("https://web.demo.svc/")).isEqualTo("direct");
        restore();
        ProxyEnvironment.apply(Map.of(), folder.resolve("none"));
        assertThat(proxyOf("http://git.example.org/x")).isEqualTo("direct");
    }

    @Test
    void withoutProxiesNothingChanges() {
        assertThat(ProxyEnvironment.properties(Map.of("NO_PROXY", "a"))).isEmpty();
        assertThat(ProxyEnvironment.properties(Map.of("HTTP_PROXY", "nonsense"))).isEmpty();
    }
}
