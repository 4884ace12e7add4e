package io.skerry.node.images;

import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.Image;
import io.skerry.node.cri.v1.ImageSpec;
import io.skerry.node.cri.v1.ImageStatusRequest;
import io.skerry.node.cri.v1.ListImagesRequest;
import io.skerry.node.cri.v1.RemoveImageRequest;
import io.skerry.node.host.Command;
import io.skerry.node.host.Host;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** What images the runtime has, and bringing archives into it. */
public final class ImageStore {
    private static final Pattern UNPACKED = Pattern.compile("^unpacking (\\S+) \\(", Pattern.MULTILINE);
    private static final Duration IMPORT_LIMIT = Duration.ofMinutes(15), SEEN_LIMIT = Duration.ofSeconds(10);

    private final NodeConfig config;
    private final Cri cri;
    private final StartedImport started;

    public ImageStore(NodeConfig config, Cri cri) {
        this.config = config;
        this.cri = cri;
        started = new StartedImport(config.agentDir().resolve("etc/import"));
    }

    /** @param name as in a pod's spec: the runtime completes registry and tag */
    public Optional<Image> find(String name) {
        var status = cri.images().imageStatus(ImageStatusRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(name)).build());
        return status.hasImage() ? Optional.of(status.getImage()) : Optional.empty();
    }

    public List<Image> list() { return cri.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList(); }

    public void remove(String idOrName) { cri.images().removeImage(RemoveImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(idOrName)).build()); }

    /** ctr reads plain archives only. */
    private static InputStream open(Path archive) throws IOException {
        InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        file.mark(4);
        byte[] magic = file.readNBytes(4);
        file.reset();
        if (magic.length == 4 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b) return new GZIPInputStream(file);
        if (magic.length < 4 || (magic[0] & 0xff) != 0x28 || (magic[1] & 0xff) != 0xb5 || magic[2] != 0x2f || (magic[3] & 0xff) != 0xfd) return file;
        file.close();
        Path zstd = Host.which("zstd").orElseThrow(() -> new IOException("the program zstd, which unpacks " + archive + ", is not on this machine: install the package zstd"));
        return new ProcessBuilder(zstd.toString(), "-dcq", archive.toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start().getInputStream();
    }

    /**
     * Imports an OCI or docker archive (tar, gzip or zstd) and returns the names of its images, whose files are on the disk then: ctr, unlike CRI,
     * has no option for that, and a layer that containerd has is not unpacked again. So what a power cut interrupted is removed first.
     *
     * @throws IOException when the archive is damaged or has no named image, in ctr's words
     */
    public synchronized List<String> importArchive(Path archive) throws IOException {
        if (interrupted(archive)) {
            // By its id, with all its names: CRI gives an image one more, which would keep the layers.
            for (String name : unpack(archive)) find(name).map(Image::getId).ifPresent(this::remove);
        }
        started.write(archive);
        List<String> names = unpack(archive);
        Command.run(IMPORT_LIMIT, "sync", "-f", config.containerdDir().toString());
        started.clear();
        return names;
    }

    /** Whether an import of the archive was begun, and was not at its end when the machine stopped. */
    public boolean interrupted(Path archive) throws IOException { return started.names(archive); }

    private List<String> unpack(Path archive) throws IOException {
        boolean copying = Files.readString(config.agentDir().resolve("etc/containerd/config.toml")).contains("snapshotter = \"native\"");
        String said;
        try (InputStream content = open(archive)) {
            said = Command.run(IMPORT_LIMIT, content, Host.which("ctr").orElseThrow().toString(), "--address", config.containerdSocket().toString(), "--namespace", "k8s.io",
                    "images", "import", "--snapshotter", copying ? "native" : "overlayfs", "-");
        } catch (Command.FailedException e) {
            throw new IOException("it is no whole OCI or docker archive (" + e.said().replaceFirst("^ctr: ", "") + "); copy it here again", e);
        }
        List<String> names = UNPACKED.matcher(said).results().map(m -> m.group(1)).toList();
        if (names.isEmpty()) throw new IOException(archive + " has no named image (annotation io.containerd.image.name in index.json, or RepoTags in manifest.json)");
        awaitSeen(names, archive);
        return names;
    }

    /** CRI learns of an image by an event of containerd's; ask until it has. */
    private void awaitSeen(List<String> names, Path archive) throws IOException {
        Instant limit = Instant.now().plus(SEEN_LIMIT);
        for (String name : names) {
            while (find(name).isEmpty()) {
                if (Instant.now().isAfter(limit)) throw new IOException(name + " was imported from " + archive + " but CRI does not know it");
                try {
                    Thread.sleep(10);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted during the import of " + archive, e);
                }
            }
        }
    }
}
