package io.skerry.appliance.device;

import io.skerry.image.settings.Settings;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/** The ssh server: started only when somebody may log in, with a host key that was made on the device and stays. */
final class SshHost {
    private SshHost() {}

    static void prepare(DevicePaths paths, Settings settings) throws IOException {
        boolean wanted = !settings.sshKeys().isEmpty() || settings.users().stream().anyMatch(user -> !user.sshKeys().isEmpty());
        Path marker = paths.run().resolve("ssh");
        if (!wanted) {
            Files.deleteIfExists(marker);
            return;
        }
        hostKey(paths.data().resolve("ssh"));
        // ssh.service starts only where this is.
        Files.createDirectories(marker.getParent());
        Files.write(marker, new byte[0]);
    }

    private static void hostKey(Path folder) throws IOException {
        Path key = folder.resolve("ssh_host_ed25519_key");
        if (Files.exists(key)) {
            return;
        }
        Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path draft = folder.resolve("draft");
        Files.deleteIfExists(draft);
        Files.deleteIfExists(folder.resolve("draft.pub"));
        Command.run(Duration.ofMinutes(1), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", draft.toString());
        sync(draft);
        Files.move(folder.resolve("draft.pub"), folder.resolve("ssh_host_ed25519_key.pub"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.move(draft, key, StandardCopyOption.ATOMIC_MOVE);
        sync(folder);
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
