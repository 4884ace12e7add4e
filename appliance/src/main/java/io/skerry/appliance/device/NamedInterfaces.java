package io.skerry.appliance.device;

import io.skerry.image.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Network interfaces that the settings name and the device does not have: a static address for {@code eth0} is right to the eye, and
 * systemd has named the interface {@code enp1s0} (systemd.net-naming-scheme(7)).
 */
final class NamedInterfaces {
    private NamedInterfaces() {}

    /** Those that must be there by themselves: no patterns, and no VLANs, which are made. */
    static List<String> of(Settings.Network network) {
        return network.interfaces().stream().filter(each -> each.vlan().isEmpty()).map(Settings.Interface::name).filter(name -> !name.matches(".*[*?].*")).toList();
    }

    /** A line for each that is not there at this moment: one on USB may be a while later than the rest. */
    static List<String> missing(DevicePaths paths, List<String> names) {
        Path all = paths.inRoot("/sys/class/net");
        List<String> there;
        try (Stream<Path> found = Files.list(all)) {
            // Hardware has a device behind it; bridges and the like of the cluster have not.
            there = found.filter(each -> Files.exists(each.resolve("device"))).map(each -> each.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
        return names.stream().filter(name -> !Files.exists(all.resolve(name)))
                .map(name -> "network.interfaces." + name + ": there is no such interface" + (there.isEmpty() ? "" : "; this device has " + String.join(", ", there))).toList();
    }
}
