package io.skerry.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
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
