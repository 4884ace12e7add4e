package io.skerry.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.network.NetworkConfig;
import io.skerry.network.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to names that are not the cluster's. */
class ForwarderTest {

    @TempDir
    static Path folder;
    static TestCluster cluster;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() {
        cluster = new TestCluster(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    private Dig serverFor(Path resolvConf, String... upstreams) {
        var server = new DnsServer(cluster.informers, NetworkConfig.defaults("node-1", folder, folder).withDns("cluster.local", "127.0.0.1", 0, resolvConf, List.of(upstreams)));
        server.start();
        open.add(server);
        return new Dig(List.of(), server.address());
    }

    private Dig serverFor(String... upstreams) {
        return serverFor(folder.resolve("none"), upstreams);
    }

    private <T extends AutoCloseable> T closing(T resource) {
        open.add(resource);
        return resource;
    }

    @Test
    void aRealServerIsAskedByUdpAndTcp() throws Exception {
        var options = new ArrayList<>(List.of("--local-ttl=60", "--local=/example.test/", "--host-record=www.example.test,192.0.2.7", "--cname=alias.example.test,www.example.test"));
        for (int i = 1; i <= 60; i++) {
            options.add("--txt-record=big.example.test,record number " + i + " of some that are too many for a packet");
        }
        Dnsmasq real = closing(new Dnsmasq(options.toArray(String[]::new)));
        Dig dig = serverFor("127.0.0.1:" + real.port());
        assertThat(dig.answers("www.example.test")).containsExactly("192.0.2.7");
        assertThat(dig.answers("alias.example.test")).containsExactly("192.0.2.7", "www.example.test.");
        assertThat(dig.answers("+noedns", "www.example.test")).containsExactly("192.0.2.7");
        assertThat(dig.status("none.example.test")).isEqualTo("NXDOMAIN");
        assertThat(dig.answers("TXT", "big.example.test")).hasSize(60);
        assertThat(dig.raw("+ignore", "TXT", "big.example.test")).contains(" tc ");
    }

    @Test
    void anAnswerIsKeptAsLongAsItSaysAndCountsDown() throws Exception {
        FakeUpstream upstream = closing(new FakeUpstream(query -> List.of(FakeUpstream.address(query, 3, 1))));
        Dig dig = serverFor(upstream.address());
        assertThat(dig.raw("www.example.test")).contains("www.example.test.\t3\tIN\tA\t192.0.2.1");
        Awaitility.await().pollInterval(Duration.ofMillis(100)).atMost(Duration.ofSeconds(5))
            .until(() -> dig.raw("WWW.example.test").contains("WWW.example.test.\t1\tIN\tA\t192.0.2.1"));
        assertThat(upstream.asked).hasValue(1);
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> dig.raw("www.example.test").contains("\t3\tIN"));
        assertThat(upstream.asked).hasValue(2);
    }

    @Test
    void aNegativeAnswerIsKeptAsItsSoaSays() throws Exception {
        FakeUpstream upstream = closing(new FakeUpstream(query -> {
            var soa = new DnsRecord.Soa("test", 900, "ns.test", "root.test", 1, 1, 1, 1, query.name().startsWith("short") ? 0 : 900);
            return List.of(new DnsResponse(DnsType.NXDOMAIN, true, List.of(), query.name().startsWith("bare") ? List.of() : List.of(soa), List.of()).encode(query, 512));
        }));
        Dig dig = serverFor(upstream.address());
        for (int i = 0; i < 3; i++) {
            assertThat(dig.status("none.test")).isEqualTo("NXDOMAIN");
        }
        assertThat(upstream.asked).hasValue(1);
        dig.status("short.test");
        dig.status("short.test");
        dig.status("bare.test");
        dig.status("bare.test");
        assertThat(upstream.asked).as("a SOA minimum of 0, or no SOA, is not kept").hasValue(5);
    }

    @Test
    void manyWhoAskTheSameWaitForOneAnswer() throws Exception {
        FakeUpstream upstream = closing(new FakeUpstream(query -> {
            try {
                Thread.sleep(1500);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return List.of(FakeUpstream.address(query, 60, 1));
        }));
        Dig dig = serverFor(upstream.address());
        var all = new ArrayList<CompletableFuture<List<String>>>();
        for (int i = 0; i < 5; i++) {
            all.add(CompletableFuture.supplyAsync(() -> dig.answers("www.example.test"), task -> Thread.ofPlatform().start(task)));
        }
        for (var one : all) {
            assertThat(one.join()).containsExactly("192.0.2.1");
        }
        assertThat(upstream.asked).hasValue(1);
    }

    @Test
    void forgedAnswersAreIgnored() throws Exception {
        FakeUpstream upstream = closing(new FakeUpstream(query -> {
            byte[] otherId = FakeUpstream.address(query, 60, 66);
            otherId[0] ^= 1;
            byte[] otherName = FakeUpstream.address(query.about("evil.example.test"), 60, 66);
            return List.of(otherId, otherName, new byte[5], FakeUpstream.address(query, 60, 1));
        }));
        assertThat(serverFor(upstream.address()).answers("www.example.test")).containsExactly("192.0.2.1");
    }

    @Test
    void anotherServerIsAskedWhenOneFails() throws Exception {
        FakeUpstream silent = closing(new FakeUpstream(query -> List.of()));
        FakeUpstream failing = closing(new FakeUpstream(query -> List.of(DnsResponse.error(DnsType.SERVFAIL).encode(query, 512))));
        FakeUpstream good = closing(new FakeUpstream(query -> List.of(FakeUpstream.address(query, 60, 1))));
        Dig dig = serverFor(silent.address(), failing.address(), good.address());
        assertThat(dig.answers("one.example.test")).containsExactly("192.0.2.1");
        assertThat(dig.answers("two.example.test")).containsExactly("192.0.2.1");
        assertThat(silent.asked).as("the one that answered is asked first from then on").hasValue(1);
    }

    @Test
    void withoutAServerTheFailureIsQuickAndAChangedFileIsFollowed() throws Exception {
        Path resolvConf = folder.resolve("resolv.conf");
        Dig dig = serverFor(resolvConf);
        long start = System.nanoTime();
        assertThat(dig.status("www.example.test")).isEqualTo("SERVFAIL");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        Files.writeString(resolvConf, "# by dhcp\nsearch example.test\nnameserver 127.0.0.1\nnameserver 192.0.2.53\nnameserver 2001:db8::1\n");
        var read = new ResolvConf(NetworkConfig.defaults("n", folder, folder).withDns("cluster.local", "127.0.0.1", 0, resolvConf, List.of()));
        assertThat(read.servers()).as("without this server itself").extracting(a -> a.getAddress().getHostAddress()).containsExactly("192.0.2.53", "2001:db8:0:0:0:0:0:1");
        Files.writeString(resolvConf, "nameserver 192.0.2.54\n");
        Files.setLastModifiedTime(resolvConf, FileTime.from(Instant.now().plusSeconds(5)));
        assertThat(read.servers()).extracting(a -> a.getAddress().getHostAddress()).containsExactly("192.0.2.54");
    }
}
