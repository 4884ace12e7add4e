package io.skerry.appliance.device;

import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.appliance.os.FatCheck;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.time.Duration;

/** The FAT partition with {@code skerry.yaml}: read-only but for the moment in which it is written. */
public interface ConfigPartition {
    /** Replaces {@code skerry.yaml}. */
    void write(byte[] settings) throws IOException;

    /** Of this device. */
    static ConfigPartition of(DevicePaths paths) {
        return settings -> {
            Duration limit = Duration.ofSeconds(30);
            Command.run(limit, "mount", "-o", "remount,rw", paths.config().toString());
            try {
                FatCheck.deleteRecovered(paths.config());
                AtomicFile.write(paths.settings(), settings, "rw-------");
            } finally {
                Command.run(limit, "mount", "-o", "remount,ro", paths.config().toString());
            }
        };
    }
}
