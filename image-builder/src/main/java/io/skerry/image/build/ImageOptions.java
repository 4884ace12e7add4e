package io.skerry.image.build;

import io.skerry.image.settings.Settings;
import java.nio.file.Path;
import java.util.List;

/**
 * What is asked of a build.
 *
 * @param profiles what is added to the board, in this order
 * @param overlays folder of the boards and profiles
 * @param settings of image.yaml; its relative paths start at {@code settingsFolder}
 * @param output ends in {@code .img.zst}; everything else is written beside it
 * @param lock rebuild exactly this; null to take the newest packages
 * @param program a native {@code skerry} for the board, a script that starts one, or the folder of a build for the JVM ({@code quarkus-app})
 * @param version of the operating system, as it will be told to devices: letters, digits, dots, hyphens, tildes, underscores
 * @param key PEM of the Ed25519 key that signs; null for an image that cannot be updated by its devices
 * @param trusted further public keys (PEM) that the devices trust for updates
 * @param mirrors Debian's and its security mirror; empty for this machine's
 * @param cache for packages and base systems
 * @param buildDate seconds since 1970; null for the lock's, or now
 */
public record ImageOptions(String board, List<String> profiles, Path overlays, Settings settings, Path settingsFolder, Path output, Path lock, Path program, String version,
        Path key, List<Path> trusted, List<String> mirrors, Path cache, Long buildDate) {
    public ImageOptions {
        profiles = List.copyOf(profiles);
        trusted = List.copyOf(trusted);
        mirrors = List.copyOf(mirrors);
    }
}
