package io.skerry.image.layout;

import java.nio.file.Path;

/** Where things are on a device: what the image puts there and what the appliance looks for. */
public final class DeviceLayout {
    /** PARTLABEL of the EFI system partition. */
    public static final String ESP = "esp";
    /** PARTLABEL of the FAT partition that laptops show, for {@link #SETTINGS_FILE}. */
    public static final String CONFIG = "config";
    /** FAT volume label of {@link #CONFIG}. */
    public static final String CONFIG_VOLUME = "SKERRY";
    /** PARTLABEL of the writable partition; the last one, grown at first boot. */
    public static final String DATA = "data";
    /** ext4 volume label of {@link #DATA}. */
    public static final String DATA_VOLUME = "skerry-data";

    /** Where {@link #DATA} is mounted. */
    public static final String DATA_DIR = "/var/lib/skerry";
    /** Where {@link #CONFIG} is mounted, read-only unless being written. */
    public static final String CONFIG_DIR = "/run/skerry-config";
    /** Where an update mounts {@link #ESP}; nothing else needs it. */
    public static final String ESP_DIR = "/run/skerry-esp";
    /** In {@link #CONFIG_DIR}: the device's settings. */
    public static final String SETTINGS_FILE = "skerry.yaml";
    /** Container images (OCI archives) of the image itself, read-only; those under {@link #DATA_DIR} are in {@code images/}. */
    public static final String PRELOADED_IMAGES_DIR = "/usr/lib/skerry/images";
    /** Helm charts (.tgz) of the image itself, read-only. */
    public static final String PRELOADED_CHARTS_DIR = "/usr/lib/skerry/charts";
    /** A Git bundle with the first commit of the fleet repository, so that a device converges before it has a network. */
    public static final String FLEET_BUNDLE = "/usr/lib/skerry/fleet.bundle";
    /** JSON: {@code version}, {@code board}, {@code arch}, {@code buildDate} (RFC 3339), {@code kernel}. */
    public static final String RELEASE_FILE = "/usr/lib/skerry/release.json";
    /** Ed25519 public keys (PEM) by which OS updates are trusted. */
    public static final String OS_TRUST_DIR = "/usr/lib/skerry/trust/os";
    public static final String BINARY = "/usr/bin/skerry";

    private DeviceLayout() {}

    /** A partition of the disk that the device runs from, never of another (the image's 61-skerry-disk.rules). @param label PARTLABEL */
    public static Path partition(String label) {
        return Path.of("/dev/skerry", label);
    }
}
