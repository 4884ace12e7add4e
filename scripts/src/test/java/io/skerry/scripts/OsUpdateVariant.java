package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.update.Ed25519Keys;
import io.skerry.image.update.OsManifest;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Makes another OS update file out of a good one, properly signed: what a device must survive is a mistake of its makers, not a forgery.
 * The root file system is the good one's, as building others takes minutes; the initrd is patched, and with it what lies over the root in
 * memory: at least the version in release.json.
 */
final class OsUpdateVariant {
    private OsUpdateVariant() {}

    /**
     * @param good OS update file
     * @param key Ed25519 private key (PEM)
     * @param init lines of shell, may be empty, that run in the initrd as soon as the root is at /sysroot, writable in memory
     * @return the new file's SHA-256
     */
    static String make(Path good, Path key, String version, String init, Path out) throws IOException, InterruptedException {
        Path work = Files.createTempDirectory(out.getParent(), "variant");
        Run.of(Map.of(), work, "", Duration.ofMinutes(2), List.of("tar", "-xf", good.toString())).orFail();
        Path initrd = work.resolve(OsManifest.INITRD);
        // The kernel looks for a further archive at multiples of four bytes only.
        Files.write(initrd, new byte[(int) (-Files.size(initrd) & 3)], StandardOpenOption.APPEND);
        Files.write(initrd, patch(version, init), StandardOpenOption.APPEND);
        ObjectNode manifest = (ObjectNode) Json.parse(Files.readAllBytes(work.resolve(OsManifest.NAME)));
        manifest.put("version", version);
        ((ObjectNode) manifest.at("/files/" + OsManifest.INITRD)).put("sha256", sha256(initrd)).put("size", Files.size(initrd));
        byte[] text = Json.bytes(manifest);
        Files.write(work.resolve(OsManifest.NAME), text);
        Files.writeString(work.resolve(OsManifest.SIGNATURE), Ed25519Keys.sign(text, Ed25519Keys.privateKey(Files.readString(key), key.toString())));
        List<String> tar = new ArrayList<>(List.of("tar", "--format=ustar", "-cf", out.toString(), OsManifest.NAME, OsManifest.SIGNATURE));
        for (Map.Entry<String, JsonNode> file : manifest.get("files").properties()) {
            tar.add(file.getKey());
        }
        Run.of(Map.of(), work, "", Duration.ofMinutes(2), tar).orFail();
        Down.delete(work);
        return sha256(out);
    }

    /** The init of the checkout with more lines, as a cpio archive that the kernel unpacks over the first one. */
    private static byte[] patch(String version, String lines) throws IOException {
        Path source = Layout.checkout().resolve("overlays/common/initrd/init");
        String init = Files.readString(source);
        // Before /proc and the others go to the new root.
        int handover = init.lastIndexOf("\nfor moved in ");
        if (handover < 0) {
            throw new IOException(source + " does not move its mounts to /sysroot any more; look where the patch belongs now");
        }
        String renamed = "sed -i 's/\\(\"version\" *: *\"\\)[^\"]*/\\1" + version + "/' /sysroot" + DeviceLayout.RELEASE_FILE + "\n";
        byte[] patched = (init.substring(0, handover) + "\n" + renamed + lines + init.substring(handover)).getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream cpio = new ByteArrayOutputStream();
        record(cpio, "init", 0100755, patched);
        record(cpio, "TRAILER!!!", 0, new byte[0]);
        return cpio.toByteArray();
    }

    /** One entry of cpio's "newc" format. */
    private static void record(ByteArrayOutputStream out, String name, int mode, byte[] data) {
        out.writeBytes(String.format("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length() + 1, 0)
                .getBytes(StandardCharsets.US_ASCII));
        out.writeBytes((name + "\0").getBytes(StandardCharsets.US_ASCII));
        pad(out);
        out.writeBytes(data);
        pad(out);
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }

    static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (var in = Files.newInputStream(file)) {
                byte[] buffer = new byte[1 << 20];
                for (int n; (n = in.read(buffer)) >= 0; ) {
                    digest.update(buffer, 0, n);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
