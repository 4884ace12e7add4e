package io.skerry.appliance.cli;

import io.skerry.appliance.BuildInfo;
import io.skerry.appliance.UserError;
import io.skerry.appliance.server.KnownFlags;
import io.skerry.image.ImageException;
import io.skerry.image.build.ImageBuild;
import io.skerry.image.build.ImageOptions;
import io.skerry.image.build.Progress;
import io.skerry.image.settings.Settings;
import io.skerry.image.settings.SettingsException;
import io.skerry.image.settings.SettingsFile;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skerry image build}: makes an image for a board, and the file that updates devices to it. */
@Command(name = "build", mixinStandardHelpOptions = true,
        description = {"Build a flashable image, with block map, checksum, signature, bill of materials, lock and OS update file beside it.",
            "Needs neither root nor loop devices."},
        footer = {"", "Examples:", "  skerry image build --board raspberrypi4 --config image.yaml --key os.key \\", "      -o skerry-raspberrypi4.img.zst",
            "  skerry image build --board generic-amd64 --lock skerry.lock.json \\", "      -o again.img.zst    # the same image, bit by bit"})
public final class ImageBuildCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(names = "--board", required = true, paramLabel = "BOARD", description = "A folder of the overlays: generic-amd64, generic-arm64, raspberrypi4, ...")
    String board;

    @Option(names = "--profile", paramLabel = "PROFILE", description = "A folder of the overlays that adds to the board, such as debug; may be repeated.")
    List<String> profiles = new ArrayList<>();

    @Option(names = {"-o", "--output"}, required = true, paramLabel = "FILE", description = "The image to write; ends in .img.zst.")
    Path output;

    @Option(names = "--config", paramLabel = "FILE", description = "image.yaml: settings of the devices, and what to build in (docs/settings.md).")
    Path config;

    @Option(names = "--lock", paramLabel = "FILE", description = "A .lock.json of an earlier build: take exactly its packages.")
    Path lock;

    @Option(names = "--binary", paramLabel = "FILE", description = {"The skerry for the image: a native one for the board, or the folder of a",
        "build for the JVM (quarkus-app). Default: this program."})
    Path binary;

    @Option(names = "--os-version", paramLabel = "VERSION", description = "What devices will call this OS. Default: skerry's own version.")
    String version = BuildInfo.VERSION;

    @Option(names = "--key", paramLabel = "FILE", description = "Private key that signs (skerry image keygen). Without one there is no OS update file.")
    Path key;

    @Option(names = "--trust", paramLabel = "FILE", description = "A further public key by which devices trust OS updates; may be repeated.")
    List<Path> trusted = new ArrayList<>();

    @Option(names = "--overlays", paramLabel = "DIR", description = "Folder of the boards and profiles. Default: overlays here, else /usr/share/skerry/overlays.")
    Path overlays;

    @Option(names = "--mirror", paramLabel = "URL", description = "Debian mirror, and again for its security mirror. Default: those of this machine's apt.")
    List<String> mirrors = new ArrayList<>();

    @Option(names = "--cache", paramLabel = "DIR", description = "Keeps packages and base systems. Default: $XDG_CACHE_HOME/skerry/image.")
    Path cache;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Console console = System.console();
        Progress progress = new Progress(System.out, console != null && console.isTerminal(), ImageBuild.STEPS);
        try {
            ImageBuild.Result result = new ImageBuild(new ImageOptions(board, profiles, overlaysFolder(), settings(), settingsFolder(), output, lock, program(), version,
                    key, trusted, mirrors, cacheFolder(), buildDate()), progress).run();
            out.printf("%s: %d MB, version %s, root hash %s%n", result.image(), Files.size(result.image()) / 1_000_000, result.version(), result.rootHash());
            out.println(result.updateFile() == null ? "not signed (no --key): devices cannot be updated to it" : "OS update file: " + result.updateFile());
            if (!result.secrets().isEmpty()) {
                out.printf("note: the image holds secrets in plain text (%s), so the file is for you alone (mode 0600); to keep them out, "
                        + "give each card its own with skerry image flash --config%n", String.join(", ", result.secrets()));
            }
            return 0;
        } catch (ImageException e) {
            throw new UserError(e.getMessage(), e);
        } catch (IOException e) {
            throw new UserError("cannot build the image: " + e, e);
        }
    }

    private Settings settings() throws IOException {
        if (config == null) {
            return Settings.defaults();
        }
        try {
            return SettingsFile.ofImage(new KnownFlags()).read(config);
        } catch (SettingsException e) {
            throw WrongSettings.error(e, spec);
        } catch (java.nio.file.NoSuchFileException e) {
            throw new UserError("the settings file " + config + " does not exist", e);
        }
    }

    private Path settingsFolder() {
        return config == null ? Path.of("").toAbsolutePath() : config.toAbsolutePath().getParent();
    }

    private Path overlaysFolder() {
        if (overlays != null) {
            return overlays;
        }
        return Files.isDirectory(Path.of("overlays/common")) ? Path.of("overlays") : Path.of("/usr/share/skerry/overlays");
    }

    private Path program() {
        if (binary != null) {
            return binary;
        }
        if (System.getProperty("org.graalvm.nativeimage.imagecode") != null) {
            return ProcessHandle.current().info().command().map(Path::of).orElseThrow(() -> new UserError("name the native skerry for the image with --binary"));
        }
        // The image gets what runs here: the folder around quarkus-run.jar, which is the whole class path.
        Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        if (!jar.endsWith("quarkus-run.jar")) {
            throw new UserError("name the skerry for the image with --binary: a native one, or the folder of a build for the JVM (quarkus-app)");
        }
        return jar.getParent();
    }

    private Path cacheFolder() {
        if (cache != null) {
            return cache.toAbsolutePath();
        }
        String home = System.getenv("XDG_CACHE_HOME");
        return (home == null || home.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(home)).resolve("skerry/image").toAbsolutePath();
    }

    /** https://reproducible-builds.org/specs/source-date-epoch/ */
    private static Long buildDate() {
        String epoch = System.getenv("SOURCE_DATE_EPOCH");
        try {
            return epoch == null || epoch.isEmpty() ? null : Long.valueOf(epoch);
        } catch (NumberFormatException e) {
            throw new UserError("SOURCE_DATE_EPOCH must be seconds since 1970, not \"" + epoch + "\"", e);
        }
    }
}
