package io.skerry.scripts.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The TPM 2.0 of a guest (swtpm). Its state outlives the guest's power; the process ends when QEMU does. */
final class SoftwareTpm {
    private final Process process;
    private final Path socket;

    private SoftwareTpm(Process process, Path socket) {
        this.process = process;
        this.socket = socket;
    }

    /**
     * Starts it, as it has to be before each start of QEMU.
     *
     * @param folder of the guest
     */
    static SoftwareTpm start(Path folder) throws IOException, InterruptedException {
        Path state = Files.createDirectories(folder.resolve("tpm"));
        Path socket = folder.resolve("tpm.sock");
        Files.deleteIfExists(socket);
        Process process = new ProcessBuilder("swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--ctrl", "type=unixio,path=" + socket, "--terminate")
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("swtpm.log").toFile())).start();
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!Files.exists(socket)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("swtpm does not run: " + Files.readString(folder.resolve("swtpm.log")));
            }
            Thread.sleep(20);
        }
        return new SoftwareTpm(process, socket);
    }

    /** For QEMU. */
    List<String> options() {
        return List.of("-chardev", "socket,id=tpm,path=" + socket, "-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm");
    }
    /** QEMU has ended. The next one on the same state would find it locked until this one has, too. */
    void awaitEnd() throws InterruptedException {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
