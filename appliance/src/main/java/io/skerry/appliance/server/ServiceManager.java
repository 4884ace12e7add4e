package io.skerry.appliance.server;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Tells systemd how the server is (sd_notify(3), sd_watchdog_enabled(3)): ready, alive, stopping. Without systemd it tells nobody. The
 * JDK has no datagram sockets of the Unix domain; netty, which speaks to containerd over such sockets, has them.
 */
final class ServiceManager implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ServiceManager.class.getName());

    /** Path of systemd's socket, null when there is none; a NUL begins an abstract one. */
    private final byte[] socket;
    /** Within it systemd wants to hear from us; zero when it does not. */
    private final Duration watchdog;
    private volatile Thread pinger;

    /** @param environment of the process: {@code NOTIFY_SOCKET}, {@code WATCHDOG_USEC}, {@code WATCHDOG_PID} */
    ServiceManager(Map<String, String> environment) {
        String path = environment.getOrDefault("NOTIFY_SOCKET", "");
        boolean usable = path.startsWith("/") || path.startsWith("@");
        socket = usable ? path.replaceFirst("^@", "\0").getBytes(StandardCharsets.UTF_8) : null;
        String pid = environment.getOrDefault("WATCHDOG_PID", "");
        boolean ours = pid.isEmpty() || pid.equals(String.valueOf(ProcessHandle.current().pid()));
        watchdog = usable && ours ? Duration.ofNanos(1000 * Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"))) : Duration.ZERO;
    }

    /** The server runs; from now on systemd hears from it while {@code alive} says so. */
    void ready(BooleanSupplier alive) {
        send("READY=1");
        if (!watchdog.isZero()) {
            // A thread of the system: virtual ones wait for one another when all processors compute, and a busy server is not a dead one.
            pinger = Thread.ofPlatform().daemon().name("watchdog").start(() -> ping(alive));
        }
    }

    /** Twice as often as needed, as sd_watchdog_enabled(3) advises; what did not answer is asked again sooner. */
    private void ping(BooleanSupplier alive) {
        try {
            while (true) {
                if (alive.getAsBoolean()) {
                    send("WATCHDOG=1");
                    Thread.sleep(watchdog.dividedBy(2));
                } else {
                    LOG.log(Level.WARNING, "The API does not answer; systemd restarts this service unless it does so within {0} s", watchdog.toSeconds());
                    Thread.sleep(watchdog.dividedBy(20));
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "no longer watched");
        }
    }

    private void send(String state) {
        if (socket == null) {
            return;
        }
        byte[] text = state.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer message = ByteBuffer.allocateDirect(text.length).put(text);
        Epoll.ensureAvailability();
        Socket sender = Socket.newSocketDomainDgram();
        try {
            int sent = sender.sendToDomainSocket(message, 0, text.length, socket);
            if (sent != text.length) {
                throw new IOException("error " + -sent);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "systemd could not be told {0}: {1}", state, e.getMessage());
        } finally {
            try {
                sender.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "closing the socket to systemd", e);
            }
        }
    }

    @Override
    public void close() {
        if (pinger != null) {
            pinger.interrupt();
        }
        send("STOPPING=1");
    }
}
