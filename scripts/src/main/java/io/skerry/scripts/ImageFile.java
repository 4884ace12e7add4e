package io.skerry.scripts;

import io.skerry.scripts.qemu.Board;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An OS image with the demo's container images, built as its owner builds it.
 *
 * @param image {@code .img.zst}
 * @param osUpdate the same system as an OS update file
 * @param log what the build said: its steps with their times
 */
record ImageFile(Path image, Path osUpdate, List<String> log) {
    /** Of one build; with an empty cache it downloads some 200 MB, and emulates another processor for minutes. */
    private static final Duration PATIENCE = Duration.ofMinutes(45);

    /** Makes the key that signs, once a folder. @return the private key's file */
    static Path key(Path folder) throws IOException, InterruptedException {
        Path key = Files.createDirectories(folder).resolve("os.pem");
        if (!Files.exists(key)) {
            skerry(List.of("image", "keygen", key.toString()));
        }
        return key;
    }

    /**
     * @param folder gets the files
     * @param version as devices will call it
     * @param key from {@link #key}
     * @param images folder of the OCI archives that the image holds
     */
    static ImageFile build(Board board, String version, Path folder, Path key, Path images) throws IOException, InterruptedException {
        Path binary = SkerryServer.binary().orElseThrow(() -> new IOException("an image needs the native skerry: build it with scripts/build-native"));
        return build(board.id(), version, folder, key, binary, demo(images));
    }

    /** With this checkout's build for the JVM, for a board whose processor the native one is not for. */
    static ImageFile buildForJvm(String board, String version, Path folder, Path key, String config) throws IOException, InterruptedException {
        return build(board, version, folder, key, Layout.checkout().resolve("appliance/target/quarkus-app"), config);
    }

    /** The part of an {@code image.yaml} that names the demo's images. @param images folder of their OCI archives */
    static String demo(Path images) {
        return "build:\n  images: [" + images.resolve("demo-web.tar") + ", " + images.resolve("demo-hello.tar") + "]\n";
    }

    private static ImageFile build(String board, String version, Path folder, Path key, Path program, String config) throws IOException, InterruptedException {
        Path yaml = Files.createDirectories(folder).resolve("image.yaml");
        Files.writeString(yaml, config);
        Path image = folder.resolve("skerry-" + board + "-" + version + ".img.zst");
        String said = skerry(List.of("image", "build", "--board", board, "--overlays", Layout.checkout().resolve("overlays").toString(), "--config", yaml.toString(),
                "--os-version", version, "--key", key.toString(), "--binary", program.toString(), "-o", image.toString()));
        return new ImageFile(image, folder.resolve("skerry-" + board + "-" + version + ".os.tar"), said.lines().toList());
    }

    /** Flashes the image with these settings into a file that stands for a card. */
    Path flash(String settings, Path card) throws IOException, InterruptedException {
        Path file = Files.writeString(card.resolveSibling(card.getFileName() + ".yaml"), settings);
        skerry(List.of("image", "flash", image.toString(), card.toString(), "--config", file.toString(), "--yes"));
        return card;
    }

    /** Runs the skerry of this checkout on this machine. */
    static String skerry(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SkerryServer.launcher().toString()));
        command.addAll(arguments);
        return Run.of(Map.of(), null, "", PATIENCE, command).orFail().out();
    }
}
