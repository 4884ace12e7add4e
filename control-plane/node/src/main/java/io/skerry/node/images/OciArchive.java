package io.skerry.node.images;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Makes a container image without a build tool or registry: an OCI image layout in a tar, as {@code ctr images import}, podman and skopeo
 * read it. The same contents give the same bytes. Source: OCI image specification 1.1.
 */
public final class OciArchive {
    private final String name;
    private String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    private final List<Layer> layers = new ArrayList<>();
    private List<String> entrypoint = List.of(), command = List.of(), env = List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    private String user = "", workingDir = "";

    private OciArchive(String name) { this.name = name; }

    /** @param name full name with registry and tag, e.g. {@code docker.io/library/demo:1}; what pods must ask for */
    public static OciArchive image(String name) { return new OciArchive(name); }

    /** @param goArch amd64 or arm64; default is this machine's */
    public OciArchive architecture(String goArch) { architecture = goArch; return this; }

    public OciArchive layer(Layer layer) { layers.add(layer); return this; }

    public OciArchive entrypoint(String... words) { entrypoint = List.of(words); return this; }

    public OciArchive command(String... words) { command = List.of(words); return this; }

    /** @param variables NAME=value each, in place of the default PATH */
    public OciArchive env(String... variables) { env = List.of(variables); return this; }

    /** @param uidOrName as in a Dockerfile's USER, e.g. "1000:1000" */
    public OciArchive user(String uidOrName) { user = uidOrName; return this; }

    public OciArchive workingDir(String path) { workingDir = path; return this; }

    /** Writes the archive; a reader of the file sees the old one or the whole new one. */
    public void write(Path file) throws IOException {
        Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
        Path part = folder.resolve("." + file.getFileName() + ".part");
        var blobs = new ArrayList<Path>();
        try {
            var config = Json.object();
            config.put("architecture", architecture).put("os", "linux");
            ObjectNode run = config.putObject("config");
            env.forEach(run.withArray("Env")::add);
            if (!entrypoint.isEmpty()) entrypoint.forEach(run.withArray("Entrypoint")::add);
            if (!command.isEmpty()) command.forEach(run.withArray("Cmd")::add);
            if (!user.isEmpty()) run.put("User", user);
            if (!workingDir.isEmpty()) run.put("WorkingDir", workingDir);
            ObjectNode rootfs = config.putObject("rootfs").put("type", "layers");
            ObjectNode manifest = Json.object().put("schemaVersion", 2).put("mediaType", "application/vnd.oci.image.manifest.v1+json");
            manifest.putObject("config");
            var described = manifest.putArray("layers");
            var digests = new ArrayList<String>();
            for (Layer layer : layers) {
                Path blob = Files.createTempFile(folder, ".layer", ".part");
                blobs.add(blob);
                String digest = layer.write(blob);
                digests.add(digest);
                rootfs.withArray("diff_ids").add(digest); // not compressed: the layer's digest is the diff id
                described.addObject().put("mediaType", "application/vnd.oci.image.layer.v1.tar").put("digest", digest).put("size", Files.size(blob));
            }
            byte[] configBytes = Json.bytes(config);
            ((ObjectNode) manifest.get("config")).put("mediaType", "application/vnd.oci.image.config.v1+json").put("digest", digest(configBytes)).put("size", configBytes.length);
            byte[] manifestBytes = Json.bytes(manifest);
            ObjectNode index = Json.object().put("schemaVersion", 2).put("mediaType", "application/vnd.oci.image.index.v1+json");
            ObjectNode entry = index.putArray("manifests").addObject().put("mediaType", "application/vnd.oci.image.manifest.v1+json").put("digest", digest(manifestBytes))
                    .put("size", manifestBytes.length);
            entry.putObject("platform").put("architecture", architecture).put("os", "linux");
            entry.putObject("annotations").put("io.containerd.image.name", name).put("org.opencontainers.image.ref.name", name.substring(name.lastIndexOf(':') + 1));
            try (var out = new BufferedOutputStream(Files.newOutputStream(part)); var tar = new Tar(out)) {
                tar.file("oci-layout", 0644, "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
                tar.file("index.json", 0644, Json.bytes(index));
                tar.directory("blobs", 0755);
                tar.directory("blobs/sha256", 0755);
                tar.file(blobName(digest(configBytes)), 0644, configBytes);
                tar.file(blobName(digest(manifestBytes)), 0644, manifestBytes);
                var written = new HashSet<String>();
                for (int i = 0; i < layers.size(); i++) {
                    if (!written.add(digests.get(i))) continue;
                    try (var in = Files.newInputStream(blobs.get(i))) {
                        tar.file(blobName(digests.get(i)), 0644, Files.size(blobs.get(i)), in);
                    }
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
            for (Path blob : blobs) Files.deleteIfExists(blob);
        }
    }

    private static String blobName(String digest) { return "blobs/sha256/" + digest.substring("sha256:".length()); }

    static String digest(byte[] content) { return "sha256:" + HexFormat.of().formatHex(sha256().digest(content)); }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /** Files of one layer, by path without a leading slash. Parent folders are made with mode 0755 when not given. */
    public static final class Layer {
        private sealed interface Entry { }
        private record Directory(int mode) implements Entry { }
        private record Content(int mode, byte[] bytes) implements Entry { }
        private record Source(int mode, Path file) implements Entry { }
        private record Link(String target) implements Entry { }

        private final TreeMap<String, Entry> entries = new TreeMap<>();

        public Layer directory(String path, int mode) { return put(path, new Directory(mode)); }

        public Layer file(String path, int mode, byte[] content) { return put(path, new Content(mode, content.clone())); }

        public Layer file(String path, int mode, String content) { return put(path, new Content(mode, content.getBytes(StandardCharsets.UTF_8))); }

        /** Read when the archive is written. */
        public Layer file(String path, int mode, Path source) { return put(path, new Source(mode, source)); }

        public Layer symlink(String path, String target) { return put(path, new Link(target)); }

        /** A folder with all that is in it, modes as they are. */
        public Layer tree(String path, Path source) throws IOException {
            try (Stream<Path> all = Files.walk(source)) {
                for (Path each : (Iterable<Path>) all::iterator) {
                    String at = each.equals(source) ? path : path + "/" + source.relativize(each);
                    if (Files.isSymbolicLink(each)) symlink(at, Files.readSymbolicLink(each).toString());
                    else if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) directory(at, mode(each));
                    else file(at, mode(each), each);
                }
            }
            return this;
        }

        private Layer put(String path, Entry entry) {
            String clean = path.replaceAll("^/+|/+$", "");
            if (clean.isEmpty()) return this;
            for (int slash = clean.indexOf('/'); slash > 0; slash = clean.indexOf('/', slash + 1)) entries.putIfAbsent(clean.substring(0, slash), new Directory(0755));
            entries.put(clean, entry);
            return this;
        }

        /** Returns the digest. */
        private String write(Path file) throws IOException {
            MessageDigest sum = sha256();
            try (OutputStream out = new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), sum); var tar = new Tar(out)) {
                for (var each : entries.entrySet()) {
                    switch (each.getValue()) {
                        case Directory d -> tar.directory(each.getKey(), d.mode);
                        case Content c -> tar.file(each.getKey(), c.mode, c.bytes);
                        case Link l -> tar.symlink(each.getKey(), l.target);
                        case Source s -> {
                            try (var in = Files.newInputStream(s.file)) {
                                tar.file(each.getKey(), s.mode, Files.size(s.file), in);
                            }
                        }
                    }
                }
            }
            return "sha256:" + HexFormat.of().formatHex(sum.digest());
        }

        private static int mode(Path file) throws IOException {
            int mode = 0;
            for (PosixFilePermission p : Files.getPosixFilePermissions(file)) mode |= 0400 >> p.ordinal();
            return mode;
        }
    }
}
