package io.skerry.appliance.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real datagram socket, as systemd's is. */
class ServiceManagerTest {
    @TempDir
    Path folder;
    private Socket systemd;
    private Path path;

    @BeforeEach
    void listen() throws Exception {
        Epoll.ensureAvailability();
        path = folder.resolve("notify");
        systemd = Socket.newSocketDomainDgram();
        systemd.bind(new DomainSocketAddress(path.toFile()));
    }

    @AfterEach
    void close() throws Exception {
        systemd.close();
    }

    private List<String> received() throws Exception {
        List<String> all = new ArrayList<>();
        while (true) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(256);
            int read = systemd.recv(buffer, 0, buffer.capacity());
            if (read <= 0) {
                return all;
            }
            byte[] text = new byte[read];
            buffer.get(0, text);
            all.add(new String(text, StandardCharsets.US_ASCII));
        }
    }

    @Test
    void tellsWhenItIsReadyAliveAndStopping() throws Exception {
        AtomicBoolean alive = new AtomicBoolean(true);
        ServiceManager manager = new ServiceManager(Map.of("NOTIFY_SOCKET", path.toString(), "WATCHDOG_USEC", "100000",
                "WATCHDOG_PID", String.valueOf(ProcessHandle.current().pid())));
        manager.ready(alive::get);
        List<String> first = new ArrayList<>();
        await().atMost(Duration.ofSeconds(10)).until(() -> first.addAll(received()) && first.stream().filter("WATCHDOG=1"::equals).count() >= 2);
        assertThat(first.getFirst()).isEqualTo("READY=1");
        alive.set(false);
        Thread.sleep(200);
        received();
        Thread.sleep(300);
        assertThat(received()).as("nothing while the API does not answer").isEmpty();
        manager.close();
        assertThat(received()).containsExactly("STOPPING=1");
    }

    @Test
    void anotherProcessesWatchdogIsNotOurs() throws Exception {
        try (ServiceManager manager = new ServiceManager(Map.of("NOTIFY_SOCKET", path.toString(), "WATCHDOG_USEC", "50000", "WATCHDOG_PID", "1"))) {
            manager.ready(() -> true);
            Thread.sleep(200);
            assertThat(received()).containsExactly("READY=1");
        }
    }

    @Test
    void withoutSystemdNobodyIsTold() {
        try (ServiceManager manager = new ServiceManager(Map.of("WATCHDOG_USEC", "50000"))) {
            manager.ready(() -> {
                throw new AssertionError("nobody asked");
            });
        }
    }
}
