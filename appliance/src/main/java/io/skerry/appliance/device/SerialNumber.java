package io.skerry.appliance.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What tells this board from others of its kind: what its maker wrote into it, or the address of its first network interface. */
final class SerialNumber {
    /** What makers leave in the field when they do not care. */
    private static final Set<String> MEANINGLESS = Set.of("", "none", "0", "tobefilledbyoem", "defaultstring", "systemserialnumber", "notspecified", "notapplicable",
            "na", "unknown", "123456789", "0123456789");

    private SerialNumber() {}

    /**
     * Small letters and digits, at most 32.
     *
     * @param machineId used when the board has nothing of its own
     */
    static String find(DevicePaths paths, String machineId) {
        for (String file : List.of("/proc/device-tree/serial-number", "/sys/class/dmi/id/product_serial", "/sys/class/dmi/id/board_serial")) {
            Optional<String> serial = read(paths.inRoot(file)).filter(text -> !MEANINGLESS.contains(text));
            if (serial.isPresent()) {
                return serial.get();
            }
        }
        return hardwareAddress(paths.inRoot("/sys/class/net")).orElse(machineId.substring(0, Math.min(12, machineId.length())));
    }

    private static Optional<String> read(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
            return Optional.of(text.substring(0, Math.min(32, text.length())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Of the first interface that is a device, in the order of names. */
    private static Optional<String> hardwareAddress(Path net) {
        Set<Path> interfaces = new TreeSet<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(net)) {
            all.forEach(interfaces::add);
        } catch (IOException e) {
            return Optional.empty();
        }
        return interfaces.stream().filter(each -> Files.exists(each.resolve("device"))).map(each -> read(each.resolve("address")))
                .flatMap(Optional::stream).filter(text -> text.matches("[0-9a-f]{12}") && !text.equals("000000000000")).findFirst();
    }
}
