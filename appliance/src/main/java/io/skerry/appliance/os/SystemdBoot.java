package io.skerry.appliance.os;

import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * systemd-boot on the EFI system partition, with its boot counting (systemd-boot(7), "Boot Counting"): the loader takes the entry with the
 * highest {@code version} that has tries left or needs none, and counts in the file's name.
 *
 * <p>The running slot's good entry is neither renamed nor rewritten while the other slot is worked on. An entry changes its state by a new
 * file under the new name, synced, and then the deletion of the old one: if both are there after a power cut they start the same system.
 */
final class SystemdBoot implements BootLoader {
    private static final Logger LOG = System.getLogger(SystemdBoot.class.getName());

    private final Volume esp;
    private final Power power;

    SystemdBoot(Volume esp, Power power) {
        this.esp = esp;
        this.power = power;
    }

    @Override
    public List<String> needs() {
        return List.of(OsManifest.LINUX, OsManifest.INITRD);
    }

    @Override
    public boolean isGood(Slot slot) throws IOException {
        return esp.read(folder -> entries(folder).stream().anyMatch(entry -> entry.slot() == slot && entry.isGood()));
    }

    @Override
    public OptionalInt counted(Slot slot) throws IOException {
        return esp.read(folder -> of(folder, slot).filter(entry -> !entry.isGood()).map(entry -> OptionalInt.of(entry.triesDone())).orElse(OptionalInt.empty()));
    }

    @Override
    public void disable(Slot slot) throws IOException {
        esp.write(folder -> {
            mustBeGood(folder, slot.other());
            for (LoaderEntry entry : entries(folder)) {
                if (entry.slot() == slot) {
                    FatFiles.delete(file(folder, entry));
                }
            }
            return null;
        });
    }

    @Override
    public void install(Slot slot, OsManifest manifest, Path archive) throws IOException {
        for (String name : needs()) {
            BootFiles.member(archive, name, content -> esp.write(folder -> {
                BootFiles.copy(content, folder.resolve(LoaderEntry.kernelFolder(slot)).resolve(name), manifest.files().get(name));
                return null;
            }));
            // Mounted anew: what is read now comes from the medium.
            esp.read(folder -> {
                BootFiles.check(folder.resolve(LoaderEntry.kernelFolder(slot)).resolve(name), manifest.files().get(name));
                return null;
            });
        }
        String options = BootFiles.commandLine(slot, manifest);
        esp.write(folder -> {
            mustBeGood(folder, slot.other());
            // Without tries: there, but chosen only if there were nothing else.
            replace(folder, new LoaderEntry(slot, nextOrder(folder), manifest.version(), options, 0, 0));
            return null;
        });
    }

    @Override
    public void arm(Slot slot) throws IOException {
        esp.write(folder -> {
            mustBeGood(folder, slot.other());
            LoaderEntry entry = of(folder, slot).orElseThrow(() -> new IOException("slot " + slot.letter() + " has no entry in the boot loader"));
            if (entry.triesLeft() == null || entry.triesLeft() == 0) {
                replace(folder, LoaderEntry.untried(slot, nextOrder(folder), entry.osVersion(), entry.options()));
            }
            return null;
        });
    }

    @Override
    public void rebootInto(Slot slot) throws IOException {
        power.reboot("");
    }

    @Override
    public Tries tries(Slot slot, int reboots) throws IOException {
        Optional<LoaderEntry> found = esp.read(folder -> of(folder, slot));
        if (found.isEmpty()) {
            // The loader renames it while it counts, and the power may have gone then.
            return new Tries(true, "");
        }
        LoaderEntry entry = found.get();
        if (entry.triesDone() > 0) {
            return new Tries(entry.isUsedUp(), "");
        }
        // A name with +0 and no tries done is what install() leaves: not armed yet. An entry that is made the default in the loader's menu goes before all others.
        return reboots < LoaderEntry.TRIES ? new Tries(false, "") : new Tries(true, "the boot loader did not take slot " + slot.letter() + " at " + reboots
                + " reboots; is another entry its default? (the key d in its menu makes one the default, and takes that back)");
    }

    @Override
    public void bless(Slot running) throws IOException {
        esp.write(folder -> {
            replace(folder, of(folder, running).orElseThrow(() -> new IOException("slot " + running.letter() + ", which runs, has no entry in the boot loader")).blessed());
            return null;
        });
    }

    @Override
    public void condemn(Slot slot) throws IOException {
        esp.write(folder -> {
            Optional<LoaderEntry> entry = of(folder, slot);
            if (entry.isPresent()) {
                LoaderEntry e = entry.get();
                replace(folder, new LoaderEntry(slot, e.order(), e.osVersion(), e.options(), 0, Math.max(1, e.triesDone())));
            }
            return null;
        });
    }

    /** The new file first, the others of its slot after that. */
    private static void replace(Path folder, LoaderEntry entry) throws IOException {
        Path file = file(folder, entry);
        if (!Files.exists(file) || !Files.readString(file).equals(entry.render())) {
            FatFiles.write(file, entry.render().getBytes(StandardCharsets.UTF_8));
        }
        for (LoaderEntry other : entries(folder)) {
            if (other.slot() == entry.slot() && !other.fileName().equals(entry.fileName())) {
                FatFiles.delete(file(folder, other));
            }
        }
    }

    private static void mustBeGood(Path folder, Slot slot) throws IOException {
        if (entries(folder).stream().noneMatch(entry -> entry.slot() == slot && entry.isGood())) {
            throw new IOException("the boot loader does not know slot " + slot.letter() + " as good yet; the other one stays as it is");
        }
    }

    private static long nextOrder(Path folder) throws IOException {
        return entries(folder).stream().mapToLong(LoaderEntry::order).max().orElse(0) + 1;
    }

    /** The slot's entry; after a power cut there may be two, then the one that counts: the one the loader would take. */
    private static Optional<LoaderEntry> of(Path folder, Slot slot) throws IOException {
        return entries(folder).stream().filter(entry -> entry.slot() == slot)
                .max(Comparator.comparing((LoaderEntry entry) -> !entry.isUsedUp()).thenComparing(LoaderEntry::order).thenComparing(LoaderEntry::isGood));
    }

    private static List<LoaderEntry> entries(Path folder) throws IOException {
        List<LoaderEntry> entries = new ArrayList<>();
        Path entryFolder = folder.resolve(LoaderEntry.FOLDER);
        if (!Files.isDirectory(entryFolder)) {
            return entries;
        }
        List<Path> files;
        try (Stream<Path> found = Files.list(entryFolder)) {
            files = found.filter(file -> LoaderEntry.isName(file.getFileName().toString())).sorted().toList();
        }
        for (Path file : files) {
            try {
                entries.add(LoaderEntry.parse(file.getFileName().toString(), Files.readString(file)));
            } catch (IllegalArgumentException e) {
                // Half written when the power went: the loader skips it as well.
                LOG.log(Level.WARNING, "The boot loader''s {0}", e.getMessage());
            }
        }
        return entries;
    }

    private static Path file(Path folder, LoaderEntry entry) {
        return folder.resolve(LoaderEntry.FOLDER).resolve(entry.fileName());
    }
}
