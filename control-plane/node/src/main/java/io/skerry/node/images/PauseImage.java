package io.skerry.node.images;

import io.skerry.node.host.Host;
import java.io.IOException;
import java.nio.file.Path;

/** The image of every sandbox's first process, made of the host's static catatonit, so that no registry is needed before the first pod. */
public final class PauseImage {
    public static final String NAME = "skerry.io/pause:1";

    private PauseImage() {
    }

    /** @throws IOException when catatonit is not installed, with the package's name */
    public static void write(Path archive) throws IOException {
        Path catatonit = Host.which("catatonit").orElseThrow(() -> new IOException("the program catatonit is not on this machine: install the package catatonit"));
        OciArchive.image(NAME).layer(new OciArchive.Layer().file("catatonit", 0755, catatonit)).entrypoint("/catatonit", "-P").user("65535:65535").write(archive);
    }
}
