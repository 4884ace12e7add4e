package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a kernel that panicked left in persistent storage (pstore), where the machine has such: systemd-pstore(8) moves it on at boot. */
final class Panics {
    static final List<Path> FOLDERS = List.of(Path.of("/sys/fs/pstore"), Path.of("/var/lib/systemd/pstore"));
    private static final String MARK = "Kernel panic - not syncing: ";

    private Panics() {}

    /** @return the panic's message; empty when there is none, or no such storage */
    static Optional<String> last(List<Path> folders) {
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> found = Files.walk(folder)) {
                for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
                    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                    int at = text.lastIndexOf(MARK);
                    if (at >= 0) {
                        return Optional.of(text.substring(at + MARK.length()).lines().findFirst().orElse("").strip());
                    }
                }
            } catch (IOException e) {
                // Then nothing is known of it; the update's end is told all the same.
            }
        }
        return Optional.empty();
    }
}
