package io.skerry.appliance.device;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** A device's folders, laid out as on one, below a temporary folder. */
public final class Device {
    public final DevicePaths paths;

    public Device(Path folder) throws IOException {
        paths = new DevicePaths(folder.resolve("root"), folder.resolve("data"), folder.resolve("config"), folder.resolve("run"));
        for (Path each : new Path[] {paths.root(), paths.data(), paths.config(), paths.run()}) {
            Files.createDirectories(each);
        }
        inRoot("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        inRoot("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
        inRoot("/proc/self/mounts", "/dev/vda5 " + paths.data() + " ext4 rw 0 0\n");
        inRoot("/proc/sys/kernel/hostname", "localhost\n");
        inRoot("/proc/uptime", "12.34 20.00\n");
        inRoot("/usr/lib/skerry/release.json", "{\"version\":\"1.2.3\",\"board\":\"generic-amd64\",\"buildDate\":\"" + Instant.parse("2020-01-02T03:04:05Z") + "\"}");
        inRoot("/proc/device-tree/serial-number", "10000000ABCD1234\0");
    }

    public void inRoot(String path, String content) throws IOException {
        Files.createDirectories(paths.inRoot(path).getParent());
        Files.writeString(paths.inRoot(path), content);
    }

    public String read(String path) throws IOException {
        return Files.readString(paths.inRoot(path));
    }

    public void settings(String yaml) throws IOException {
        Files.writeString(paths.settings(), yaml);
    }

    public JsonNode report() {
        return DeviceReport.read(paths).orElseThrow();
    }
}
