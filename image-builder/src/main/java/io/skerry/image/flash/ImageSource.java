package io.skerry.image.flash;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.Zstd;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * An image file with what lies beside it: {@code FILE.sha256} (as sha256sum(1) writes it, of the image and then of its block map, which
 * older ones lack), {@code FILE.sig} (Ed25519 over the bytes of
 * {@code FILE.sha256}, base64) and the block map {@code FILE.bmap}, or the same names without {@code .zst}. Files that end in
 * {@code .zst} are unpacked while being read.
 */
final class ImageSource {
    private static final String BLOCK_MAP = ".bmap";

    private final Path file;

    ImageSource(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    boolean compressed() {
        return file.getFileName().toString().endsWith(".zst");
    }

    /** Bytes of the file as it is. */
    long fileSize() throws IOException {
        return Files.size(file);
    }

    /** A file that lies beside the image, named after it with or without its {@code .zst}. */
    Optional<Path> beside(String suffix) {
        String name = file.getFileName().toString();
        Path full = file.resolveSibling(name + suffix);
        if (Files.isRegularFile(full)) {
            return Optional.of(full);
        }
        Path bare = file.resolveSibling(name.replaceFirst("\\.zst$", "") + suffix);
        return Files.isRegularFile(bare) ? Optional.of(bare) : Optional.empty();
    }

    /**
     * Compares the file and its block map with their checksums, and the checksums with their signature.
     *
     * @param trusted Ed25519 public key (PEM, SubjectPublicKeyInfo) that must have signed; null: the signature is not looked at
     * @return whether there was a checksum to compare with
     * @throws ImageException when anything does not fit, or a key is given and the signature or the checksum is missing
     */
    boolean check(Path trusted) throws IOException {
        Path checksums = file.resolveSibling(file.getFileName() + ".sha256");
        if (!Files.isRegularFile(checksums)) {
            if (trusted != null) {
                throw new ImageException("there is no " + checksums + ", so the signature of " + file + " cannot be checked; get it from where the image is from");
            }
            return false;
        }
        if (trusted != null) {
            checkSignature(checksums, trusted);
        }
        // The image comes first, under whatever name it has now.
        List<String> lines = Files.readString(checksums).lines().filter(line -> !line.isBlank()).toList();
        compare(file, lines.isEmpty() ? "" : lines.getFirst(), checksums);
        Optional<Path> map = beside(BLOCK_MAP);
        Optional<String> ofMap = lines.stream().skip(1).filter(line -> line.endsWith(BLOCK_MAP)).findFirst();
        if (map.isPresent() && ofMap.isPresent()) {
            compare(map.get(), ofMap.get(), checksums);
        }
        return true;
    }

    private static void compare(Path file, String line, Path checksums) throws IOException {
        String wanted = line.strip().split("\\s+")[0].toLowerCase();
        String found = sha256(Files.newInputStream(file));
        if (!wanted.equals(found)) {
            throw new ImageException(file + " is damaged: its SHA-256 is " + found + ", " + checksums + " says " + wanted + "; get it again");
        }
    }

    private void checkSignature(Path checksums, Path trusted) throws IOException {
        Path signature = file.resolveSibling(file.getFileName() + ".sig");
        if (!Files.isRegularFile(signature)) {
            throw new ImageException("there is no " + signature + "; get it from where the image is from, or flash without --key");
        }
        boolean good;
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(publicKey(trusted));
            verifier.update(Files.readAllBytes(checksums));
            good = verifier.verify(Base64.getMimeDecoder().decode(Files.readString(signature).strip()));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new ImageException(signature + " cannot be checked with " + trusted + ": " + e.getMessage(), e);
        }
        if (!good) {
            throw new ImageException(signature + " is not a signature of " + checksums + " by the key in " + trusted + "; do not use this image");
        }
    }

    private static PublicKey publicKey(Path pem) throws IOException, GeneralSecurityException {
        String text = Files.readString(pem).replaceAll("-----[A-Z ]+-----", "");
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(Base64.getMimeDecoder().decode(text)));
    }

    /** The block map beside the image, else everything. Without one a compressed image's size is found by unpacking it once. */
    BlockMap blockMap() throws IOException {
        Optional<Path> beside = beside(BLOCK_MAP);
        return beside.isPresent() ? BlockMap.read(beside.get()) : BlockMap.whole(compressed() ? unpackedSize() : fileSize());
    }

    private long unpackedSize() throws IOException {
        try (InputStream image = open()) {
            return image.transferTo(java.io.OutputStream.nullOutputStream());
        }
    }

    /** @throws ImageException when it does not begin as a disk does: with a partition table, of whichever kind */
    void requirePartitionTable() throws IOException {
        byte[] head;
        try (InputStream image = open()) {
            head = image.readNBytes(512);
        }
        if (head.length < 512 || head[510] != 0x55 || head[511] != (byte) 0xaa) {
            throw new ImageException(file + " does not begin with a partition table, so it is no disk image; one that is packed by zstd must be named .zst, and by anything else be unpacked first");
        }
    }

    /** The image's own bytes, unpacked. Its end throws when zstd found the file broken. */
    InputStream open() throws IOException {
        if (!compressed()) {
            return new BufferedInputStream(Files.newInputStream(file), 1 << 20);
        }
        return Zstd.unpack(file);
    }

    static String sha256(InputStream stream) throws IOException {
        MessageDigest digest = Digests.sha256();
        byte[] buffer = new byte[1 << 20];
        try (stream) {
            for (int n; (n = stream.read(buffer)) >= 0; ) {
                digest.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
