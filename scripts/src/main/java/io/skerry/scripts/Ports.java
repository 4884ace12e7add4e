package io.skerry.scripts;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.time.Duration;

/** TCP ports on loopback. */
public final class Ports {
    private Ports() {}

    static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static boolean isOpen(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Ten seconds at most. @throws IOException with the end of the program's log when it ended instead of listening */
    static void awaitOpen(int port, BackgroundProcess process) throws IOException, InterruptedException {
        awaitOpen(port, process, Duration.ofSeconds(10));
    }

    static void awaitOpen(int port, BackgroundProcess process, Duration patience) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!isOpen(port)) {
            if (!process.isRunning() || System.nanoTime() > deadline) {
                throw new IOException(process.name() + " does not listen on port " + port + "; its log says:\n"
                        + Files.readString(process.log()));
            }
            Thread.sleep(20);
        }
    }
}
