package io.skerry.scripts;

import io.skerry.scripts.RunningDevice.Made;
import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Guest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A publisher of OS versions: a web server with the update files, and the commits in the fleet repository that name them. */
final class PublishedOs implements AutoCloseable {
    private static final String TARGET = """
            ---
            apiVersion: fleet.skerry.io/v1
            kind: Target
            metadata:
              name: os
            spec:
              selector:
                matchLabels:
                  site: demo
              path: ./os
              timeout: 40m
            """;

    private final DemoStack stack;
    private final Made made;
    private final Path folder;
    private final FileServer files;

    PublishedOs(DemoStack stack, Made made) throws IOException {
        this.stack = stack;
        this.made = made;
        folder = Files.createTempDirectory(made.folder(), "published");
        files = new FileServer(folder);
    }

    /**
     * Publishes a version and names it in the fleet repository.
     *
     * @param init what is wrong with it ({@link OsUpdateVariant#make}); "" for a good one
     * @return the commit
     */
    String want(String version, String init) throws IOException, InterruptedException {
        // A good version on a busy machine must not look like one that never becomes healthy; that one is waited for in vain as long as it says.
        return want(version, init.isEmpty() ? "15m" : "6m", init);
    }

    /** @param healthTimeout as in an OSImage */
    String want(String version, String healthTimeout, String init) throws IOException, InterruptedException {
        Path file = folder.resolve(version + ".os.tar");
        String sha256 = OsUpdateVariant.make(made.image().osUpdate(), made.key(), version, init, file);
        Path os = Files.createDirectories(stack.fleet.file("os"));
        Files.writeString(os.resolve("osimage.yaml"), """
                apiVersion: appliance.skerry.io/v1
                kind: OSImage
                metadata:
                  name: os
                spec:
                  version: %s
                  healthTimeout: %s
                  images:
                  - board: %s
                    url: http://%s:%d/%s
                    sha256: %s
                """.formatted(version, healthTimeout, Board.GENERIC_AMD64.id(), Guest.HOST, files.port(), file.getFileName(), sha256));
        Path targets = stack.fleet.file("fleet.yaml");
        if (!Files.readString(targets).contains(TARGET)) {
            Files.writeString(targets, Files.readString(targets) + TARGET);
        }
        return stack.fleet.push("Run version " + version);
    }

    /** Names no version any more. @return the commit */
    String wantNone() throws IOException, InterruptedException {
        stack.fleet.edit("fleet.yaml", TARGET, "");
        return stack.fleet.push("Leave the operating system as it is");
    }

    @Override
    public void close() throws IOException {
        files.close();
        Down.delete(folder);
    }
}
