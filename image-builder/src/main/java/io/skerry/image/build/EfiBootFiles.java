package io.skerry.image.build;

import io.skerry.image.boot.KernelArguments;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** systemd-boot on the EFI system partition, with slot A as the only entry. */
final class EfiBootFiles implements BootFiles {
    private final Map<String, Path> esp = new TreeMap<>();
    private final Map<String, Path> update = new LinkedHashMap<>();

    EfiBootFiles(Board board, String version, Kernel kernel, Path initrd, FileTree tree, RootImage root, Path work) throws IOException {
        String loader = board.arch().equals("amd64") ? "x64" : "aa64";
        Path efi = work.resolve("systemd-boot.efi");
        Files.write(efi, tree.read("usr/lib/systemd/boot/efi/systemd-boot" + loader + ".efi"));
        // The path that firmware looks for without being told (UEFI 3.5.1.1).
        esp.put("EFI/BOOT/BOOT" + loader.toUpperCase(java.util.Locale.ROOT) + ".EFI", efi);
        String options = new KernelArguments(Slot.A, board.name(), version, root.hash(), root.hashOffset(), board.kernelArguments()).render();
        LoaderEntry entry = LoaderEntry.good(Slot.A, 1, version, options);
        Path entryFile = work.resolve("entry");
        Files.writeString(entryFile, entry.render());
        esp.put(LoaderEntry.FOLDER + "/" + entry.fileName(), entryFile);
        Path configuration = work.resolve("loader.conf");
        // Two seconds are enough for a person at the console to choose the other slot. The editor would let them add kernel arguments.
        Files.writeString(configuration, "timeout 2\neditor no\nauto-entries no\nauto-firmware no\n");
        esp.put("loader/loader.conf", configuration);
        String folder = LoaderEntry.kernelFolder(Slot.A);
        esp.put(folder + "/linux", kernel.image());
        esp.put(folder + "/initrd", initrd);
        update.put(OsManifest.LINUX, kernel.image());
        update.put(OsManifest.INITRD, initrd);
        update.put(OsManifest.ROOT, root.file());
    }

    @Override
    public Map<String, Map<String, Path>> partitions() {
        return Map.of(DeviceLayout.ESP, esp);
    }

    @Override
    public Map<String, Path> updateFiles() {
        return update;
    }
}
