package io.skerry.appliance.device;

import io.skerry.apiserver.pki.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The machine's id (machine-id(5)). systemd makes one at the first boot, in memory; kept on the data partition, the initrd puts it back
 * at each later one, before systemd looks.
 */
final class MachineId {
    private MachineId() {}

    /** @return the id: 32 hexadecimal digits */
    static String keep(DevicePaths paths) throws IOException {
        Path kept = paths.state().resolve("machine-id");
        String now = Files.readString(paths.inRoot("/etc/machine-id")).strip();
        if (!now.matches("[0-9a-f]{32}")) {
            throw new IOException("/etc/machine-id holds no machine id: '" + now + "'");
        }
        if (!Files.exists(kept)) {
            AtomicFile.write(kept, (now + "\n").getBytes(StandardCharsets.US_ASCII), "r--r--r--");
        }
        return now;
    }
}
