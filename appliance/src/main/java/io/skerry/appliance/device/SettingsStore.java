package io.skerry.appliance.device;

import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.image.layout.Slot;
import io.skerry.image.settings.Problem;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.Settings;
import io.skerry.image.settings.SettingsException;
import io.skerry.image.settings.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which settings count. {@code skerry.yaml} on the FAT partition, when it is right: it is then kept on the data partition as the last
 * good one. When it is wrong, cannot be read, is not there or has no bytes at all (what a pulled plug leaves of a file on FAT), the last
 * good one counts, else the defaults. A file with nothing but a comment means the defaults.
 *
 * <p>What is right for one version may be wrong for another. So each slot keeps besides what its own version took last: a version that is
 * gone back to from one that knew more still has settings.
 */
public final class SettingsStore {
    /** Where the settings in force come from, the best first. EARLIER: from a time before the last good ones, which this version refuses. */
    public enum Source {
        FILE, LAST_GOOD, EARLIER, DEFAULTS;

        /** As in reports. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** @param problems why {@code skerry.yaml} does not count; empty when it does */
    public record Chosen(Settings settings, Source source, List<String> problems) {}

    private final DevicePaths paths;
    private final SettingsFile reader;

    public SettingsStore(DevicePaths paths, ServerFlags serverFlags) {
        this.paths = paths;
        this.reader = SettingsFile.ofDevice(serverFlags);
    }

    /** Never fails: a device must start. */
    public Chosen choose() {
        List<String> problems = new ArrayList<>();
        try {
            Optional<byte[]> content = content(paths.settings());
            if (content.isPresent()) {
                Settings settings = reader.parse(content.get(), paths.settings().getFileName().toString());
                keep(content.get(), problems);
                return new Chosen(settings, Source.FILE, problems);
            }
            if (configured()) {
                problems.add("skerry.yaml is missing or empty; to go back to the defaults, let it hold a comment");
            }
        } catch (SettingsException e) {
            e.problems().forEach(problem -> problems.add(problem.toString()));
        } catch (IOException e) {
            problems.add("skerry.yaml cannot be read: " + e.getMessage());
        }
        return fallBack(problems);
    }

    private Chosen fallBack(List<String> problems) {
        return kept(paths.lastGoodSettings(), problems).map(settings -> new Chosen(settings, Source.LAST_GOOD, problems))
                .or(() -> paths.slot().flatMap(slot -> kept(paths.lastGoodSettings(slot), problems)).map(settings -> new Chosen(settings, Source.EARLIER, problems)))
                .orElseGet(() -> new Chosen(Settings.defaults(), Source.DEFAULTS, problems));
    }

    private Optional<Settings> kept(Path file, List<String> problems) {
        try {
            Optional<byte[]> content = content(file);
            if (content.isPresent()) {
                return Optional.of(reader.parse(content.get(), file.toString()));
            }
        } catch (SettingsException e) {
            // Good for another version of skerry, perhaps.
            e.problems().stream().map(Problem::toString).forEach(problems::add);
        } catch (IOException e) {
            problems.add("the last good settings cannot be read: " + e.getMessage());
        }
        return Optional.empty();
    }

    /** Whether the device was ever given settings that say something. */
    public boolean configured() {
        try {
            Optional<byte[]> content = content(paths.lastGoodSettings());
            return content.isPresent() && !reader.parse(content.get(), "").tree().isEmpty();
        } catch (SettingsException | IOException e) {
            return true;
        }
    }

    /** What {@code skerry.yaml} was when it was right the last time. */
    public Optional<byte[]> lastGood() throws IOException {
        return content(paths.lastGoodSettings());
    }

    /** @throws SettingsException when a device could not act on them */
    public void check(byte[] content, String name) throws SettingsException {
        reader.parse(content, name);
    }

    /**
     * Makes these the device's settings: on the data partition first, so that they count even if the FAT partition does not survive.
     * They take effect at the next boot.
     *
     * @throws SettingsException when they are not right; nothing is then changed
     */
    public void replace(byte[] content, String name, ConfigPartition partition) throws SettingsException, IOException {
        check(content, name);
        AtomicFile.write(paths.lastGoodSettings(), content, "rw-------");
        partition.write(content);
    }

    private void keep(byte[] content, List<String> problems) {
        try {
            // The slot's first: a plug pulled in between must not leave the other version's alone.
            Optional<Slot> slot = paths.slot();
            if (slot.isPresent()) {
                AtomicFile.update(paths.lastGoodSettings(slot.get()), content, "rw-------");
            }
            AtomicFile.update(paths.lastGoodSettings(), content, "rw-------");
        } catch (IOException e) {
            problems.add("the settings cannot be kept on the data partition: " + e.getMessage());
        }
    }

    private static Optional<byte[]> content(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        byte[] content;
        try (var in = Files.newInputStream(file)) {
            content = in.readNBytes((1 << 20) + 1);
        }
        return content.length == 0 ? Optional.empty() : Optional.of(content);
    }
}
