package io.skerry.appliance.os;

import io.skerry.image.layout.FatGeometry;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A FAT partition, mounted at a folder of its own while something is done with it; one that is mounted there read-only anyway is made writable for that time. */
final class FatPartition implements Volume {
    private static final String OPTIONS = "nosuid,nodev,noexec,umask=0077,errors=remount-ro";

    private final Path device;
    private final Path folder;

    FatPartition(Path device, Path folder) {
        this.device = device;
        this.folder = folder;
    }

    @Override
    public synchronized <T> T read(Work<T> work) throws IOException {
        return mounted("ro", work);
    }

    @Override
    public synchronized <T> T write(Work<T> work) throws IOException {
        return mounted("rw", work);
    }

    @Override
    public synchronized void format(String label) throws IOException {
        if (isMounted()) {
            throw new IOException(device + " is mounted at " + folder + " and cannot be formatted");
        }
        List<String> command = new ArrayList<>(List.of("mkfs.vfat"));
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ)) {
            command.addAll(FatGeometry.options(channel.size()));
        }
        command.addAll(List.of("-n", label, device.toString()));
        Command.run(command.toArray(String[]::new));
    }

    private <T> T mounted(String mode, Work<T> work) throws IOException {
        boolean there = isMounted();
        if (!there) {
            Files.createDirectories(folder);
            if (mode.equals("rw")) {
                FatCheck.once(device, folder.resolveSibling(folder.getFileName() + ".checked"));
            }
            Command.run("mount", "-t", "vfat", "-o", mode + "," + OPTIONS, device.toString(), folder.toString());
        } else if (mode.equals("rw")) {
            Command.run("mount", "-o", "remount,rw", folder.toString());
        }
        try {
            if (mode.equals("rw")) {
                FatCheck.deleteRecovered(folder);
            }
            return work.on(folder);
        } finally {
            if (mode.equals("rw")) {
                Command.run("sync", "-f", folder.toString());
            }
            if (!there) {
                Command.run("umount", folder.toString());
            } else if (mode.equals("rw")) {
                Command.run("mount", "-o", "remount,ro", folder.toString());
            }
        }
    }

    private boolean isMounted() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mounts")).stream().anyMatch(line -> line.split(" ")[1].equals(folder.toString()));
    }

    @Override
    public String toString() {
        return device.toString();
    }
}
