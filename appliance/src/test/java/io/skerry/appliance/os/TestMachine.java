package io.skerry.appliance.os;

import io.skerry.image.Digests;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.boot.KernelArguments;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A device on the disk of the test: an EFI system partition, two slots, a data partition, and the firmware's part of systemd-boot's boot
 * counting, by the rules of {@code boot_entry_compare()} in systemd: no tries left sorts last, then the highest version.
 */
final class TestMachine {
    static final int SLOT_BYTES = 6 << 20, CHECKPOINT = 1 << 20;
    static final Duration GATE = Duration.ofMinutes(10);

    final Path folder;
    final Path esp;
    final Path data;
    final Path trust;
    final KeyPair key;
    final TestImage first;
    int reboots;

    TestMachine(Path folder) throws IOException, GeneralSecurityException {
        this(folder, TestImage.key());
    }

    TestMachine(Path folder, KeyPair key) throws IOException {
        this.folder = folder;
        this.key = key;
        esp = folder.resolve("esp");
        data = folder.resolve("data/os");
        trust = folder.resolve("trust");
        first = new TestImage("1.0.0", key, 1 << 20);
    }

    /** As flashed: version 1.0.0 in slot a. */
    TestMachine flash() throws IOException {
        TestImage.trust(trust, "release.pem", key);
        Files.createDirectories(esp.resolve(LoaderEntry.FOLDER));
        LoaderEntry entry = LoaderEntry.good(Slot.A, 1, "1.0.0", new KernelArguments(Slot.A, TestImage.BOARD, "1.0.0", first.rootHash(), 4096, List.of()).render());
        Files.writeString(esp.resolve(LoaderEntry.FOLDER).resolve(entry.fileName()), entry.render());
        for (String name : List.of(OsManifest.LINUX, OsManifest.INITRD)) {
            Path file = esp.resolve(LoaderEntry.kernelFolder(Slot.A)).resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, first.files.get(name));
        }
        Files.write(root(Slot.A), Arrays.copyOf(first.root(), SLOT_BYTES));
        Files.write(root(Slot.B), new byte[SLOT_BYTES]);
        return this;
    }

    Path root(Slot slot) {
        return folder.resolve(slot.rootLabel());
    }

    List<LoaderEntry> entries() throws IOException {
        try (Stream<Path> files = Files.list(esp.resolve(LoaderEntry.FOLDER))) {
            return files.sorted().map(file -> {
                try {
                    return LoaderEntry.parse(file.getFileName().toString(), Files.readString(file));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                } catch (IllegalArgumentException e) {
                    return null;
                }
            }).filter(java.util.Objects::nonNull).toList();
        }
    }

    List<String> names() throws IOException {
        return entries().stream().map(LoaderEntry::fileName).sorted().toList();
    }

    /** What the firmware does at power-on: takes an entry, counts. */
    LoaderEntry powerOn() throws IOException {
        LoaderEntry chosen = entries().stream().sorted(Comparator.comparing((LoaderEntry e) -> e.isUsedUp()).thenComparing(e -> -e.order())
                .thenComparing(e -> -(e.triesLeft() == null ? 0 : e.triesLeft()))).findFirst().orElseThrow(() -> new AssertionError("no entry: the device is bricked"));
        if (chosen.isGood() || chosen.isUsedUp()) {
            return chosen;
        }
        LoaderEntry counted = new LoaderEntry(chosen.slot(), chosen.order(), chosen.osVersion(), chosen.options(), chosen.triesLeft() - 1, chosen.triesDone() + 1);
        Path entries = esp.resolve(LoaderEntry.FOLDER);
        Files.move(entries.resolve(chosen.fileName()), entries.resolve(counted.fileName()));
        return counted;
    }

    /** The started system's updater. */
    Updater updater(LoaderEntry booted) {
        return updater(booted, UnaryOperator.identity(), new OsJournal(data));
    }

    Updater updater(LoaderEntry booted, UnaryOperator<BootLoader> wrapped, OsJournal journal) {
        return updater(booted, wrapped, journal, new FetchPolicy(Duration.ofMillis(1), Duration.ofMillis(5), 3, CHECKPOINT), Duration.ZERO);
    }

    Updater updater(LoaderEntry booted, FetchPolicy policy, Duration patience) {
        return updater(booted, UnaryOperator.identity(), new OsJournal(data), policy, patience);
    }

    private Updater updater(LoaderEntry booted, UnaryOperator<BootLoader> wrapped, OsJournal journal, FetchPolicy policy, Duration patience) {
        RunningOs running = new RunningOs(booted.osVersion(), TestImage.BOARD, booted.slot(), KernelArguments.value(booted.options(), KernelArguments.ROOT_HASH));
        Power power = argument -> reboots++;
        return new Updater(running, data, this::root, wrapped.apply(new SystemdBoot(Volume.folder(esp), power)), journal, List.of(trust),
                policy, new TrialLog(data, UUID.randomUUID().toString()), power, patience);
    }

    static Updater.Target target(TestImage image, ImageSource source) {
        return target(image, source, 0);
    }

    static Updater.Target target(TestImage image, ImageSource source, int attempt) {
        return new Updater.Target(image.version, Digests.sha256(image.build()), attempt, validator -> source, GATE);
    }

    /** The slot's partition begins with the image's root file system, and the slot's kernel and initrd are the image's. */
    boolean holds(Slot slot, TestImage image) throws IOException {
        byte[] there = Arrays.copyOf(Files.readAllBytes(root(slot)), image.root().length);
        for (String name : List.of(OsManifest.LINUX, OsManifest.INITRD)) {
            Path file = esp.resolve(LoaderEntry.kernelFolder(slot)).resolve(name);
            if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), image.files.get(name))) {
                return false;
            }
        }
        return Arrays.equals(there, image.root());
    }
}
