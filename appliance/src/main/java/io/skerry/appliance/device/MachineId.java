package io.skerry.appliance.device;

import io.skerry.apiserver.pki.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The machine's id (machine-id(5)). systemd makes one at the first boot, in memory; kept on the data partition, the initrd puts it back
 * at each later one, before systemd looks. Where the initrd could not read it, systemd has made another for that boot: the device is named by the kept one all the same.
 */
final class MachineId {
    private static final String FORM = "[0-9a-f]{32}";

    private MachineId() {}

    /** @return the id: 32 hexadecimal digits */
    static String keep(DevicePaths paths) throws IOException {
        Path file = paths.state().resolve("machine-id");
        String kept = Files.exists(file) ? Files.readString(file).strip() : "";
        if (kept.matches(FORM)) {
            return kept;
        }
        String now = Files.readString(paths.inRoot("/etc/machine-id")).strip();
        if (!now.matches(FORM)) {
            throw new IOException("/etc/machine-id holds no machine id: '" + now + "'");
        }
        AtomicFile.write(file, (now + "\n").getBytes(StandardCharsets.US_ASCII), "r--r--r--");
        return now;
    }
}
