package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.Digests;
import io.skerry.image.update.OsManifest;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Makes OS update files as {@code skerry image build} does, with real signatures; and wrong ones. */
final class TestImage {
    static final String BOARD = "generic-amd64";

    final String version;
    final Map<String, byte[]> files = new LinkedHashMap<>();
    Consumer<ObjectNode> manifest = node -> { };
    KeyPair signer;
    /** Changes members after the manifest was made. */
    Consumer<Map<String, byte[]>> tamper = members -> { };

    TestImage(String version, KeyPair signer, int rootBytes) {
        this.version = version;
        this.signer = signer;
        Random random = new Random(version.hashCode());
        files.put(OsManifest.LINUX, bytes(random, 70_001));
        files.put(OsManifest.INITRD, bytes(random, 300_000));
        files.put(OsManifest.ROOT, bytes(random, rootBytes));
    }

    static KeyPair key() throws GeneralSecurityException {
        return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    static void trust(Path folder, String name, KeyPair key) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve(name), "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n");
    }

    static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Also the mark by which a test knows what a slot holds. */
    String rootHash() {
        return Digests.sha256(version.getBytes(StandardCharsets.UTF_8));
    }

    byte[] root() {
        return files.get(OsManifest.ROOT);
    }

    byte[] build() {
        ObjectNode node = Json.object().put("schema", 1).put("board", BOARD).put("version", version).put("buildDate", "2026-11-01T00:00:00Z").put("verityRootHash", rootHash())
                .put("verityHashOffset", Math.max(1, root() == null ? 1 : root().length - 4096));
        node.putArray("kernelArguments").add("console=ttyS0");
        ObjectNode members = node.putObject("files");
        files.forEach((name, content) -> members.putObject(name).put("sha256", Digests.sha256(content)).put("size", content.length));
        manifest.accept(node);
        byte[] json = Json.bytes(node);
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put(OsManifest.NAME, json);
        all.put(OsManifest.SIGNATURE, sign(json));
        all.putAll(files);
        tamper.accept(all);
        return tar(all);
    }

    private byte[] sign(byte[] content) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(signer.getPrivate());
            signature.update(content);
            return (Base64.getEncoder().encodeToString(signature.sign()) + "\n").getBytes(StandardCharsets.US_ASCII);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] tar(Map<String, byte[]> members) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> member : members.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(member.getKey());
                entry.setSize(member.getValue().length);
                entry.setModTime(0);
                tar.putArchiveEntry(entry);
                tar.write(member.getValue());
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }
}
