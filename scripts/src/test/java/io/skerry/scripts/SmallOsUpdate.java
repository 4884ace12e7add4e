package io.skerry.scripts;

import io.skerry.image.update.Ed25519Keys;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** An OS update file for a Raspberry Pi, properly signed, that is installed as every other and holds nothing that could run: it fits into an image. */
final class SmallOsUpdate {
    private static final int ROOT_BYTES = 1 << 20;

    private SmallOsUpdate() {}

    /**
     * @param key Ed25519 private key (PEM)
     * @param folder gets the file and what it is made of
     */
    static Path make(String board, String version, Path key, Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder.resolve("boot/overlays"));
        Files.writeString(folder.resolve("boot/vmlinuz"), "a kernel of " + version + "\n");
        Files.writeString(folder.resolve("boot/overlays/some.dtbo"), "an overlay\n");
        tar(folder.resolve("boot"), "../" + OsManifest.BOOT, "vmlinuz", "overlays/some.dtbo");
        byte[] root = new byte[ROOT_BYTES];
        new Random(1).nextBytes(root);
        Files.write(folder.resolve(OsManifest.ROOT), root);
        Map<String, OsManifest.Member> members = new LinkedHashMap<>();
        for (String name : List.of(OsManifest.BOOT, OsManifest.ROOT)) {
            members.put(name, new OsManifest.Member(OsUpdateVariant.sha256(folder.resolve(name)), Files.size(folder.resolve(name))));
        }
        byte[] manifest = new OsManifest(board, version, "2026-01-01T00:00:00Z", "a".repeat(64), ROOT_BYTES / 2, List.of("console=ttyAMA0"), members).render();
        Files.write(folder.resolve(OsManifest.NAME), manifest);
        Files.writeString(folder.resolve(OsManifest.SIGNATURE), Ed25519Keys.sign(manifest, Ed25519Keys.privateKey(Files.readString(key), key.toString())));
        tar(folder, "small.os.tar", OsManifest.NAME, OsManifest.SIGNATURE, OsManifest.BOOT, OsManifest.ROOT);
        return folder.resolve("small.os.tar");
    }

    private static void tar(Path folder, String out, String... members) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of("tar", "--format=ustar", "-cf", out));
        command.addAll(List.of(members));
        Run.of(Map.of(), folder, "", Duration.ofMinutes(1), command).orFail();
    }
}
