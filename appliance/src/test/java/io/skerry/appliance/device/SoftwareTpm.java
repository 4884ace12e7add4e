package io.skerry.appliance.device;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** A TPM 2.0 in software (swtpm), whose state is in a folder. */
final class SoftwareTpm implements AutoCloseable {
    private final Process process;
    private final int port;

    SoftwareTpm(Path state) throws IOException, InterruptedException {
        Files.createDirectories(state);
        port = free();
        process = new ProcessBuilder("swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--server", "type=tcp,bindaddr=127.0.0.1,port=" + port,
                // libtss2 asks for its control channel at the next port.
                "--ctrl", "type=tcp,bindaddr=127.0.0.1,port=" + (port + 1), "--flags", "startup-clear,not-need-init").inheritIO().start();
        while (true) {
            try (Socket socket = new Socket("127.0.0.1", port + 1)) {
                return;
            } catch (IOException e) {
                if (!process.isAlive()) {
                    throw new IOException("swtpm does not run", e);
                }
                Thread.sleep(20);
            }
        }
    }

    Tpm tpm() {
        return tpm(this::send);
    }

    Tpm tpm(Tpm.Wire wire) {
        return new Tpm("swtpm:host=127.0.0.1,port=" + port, wire);
    }

    private byte[] send(byte[] command) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write(command);
            byte[] answer = new byte[4096];
            return Arrays.copyOf(answer, socket.getInputStream().read(answer));
        }
    }

    /** As when the machine's power is cut: nobody tells it before. */
    void cut() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Two ports in a row. */
    private static int free() throws IOException {
        while (true) {
            try (ServerSocket first = new ServerSocket(0); ServerSocket second = new ServerSocket(first.getLocalPort() + 1)) {
                return first.getLocalPort();
            } catch (IOException | IllegalArgumentException e) {
                // The second one is taken, or there is none: try another pair.
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
