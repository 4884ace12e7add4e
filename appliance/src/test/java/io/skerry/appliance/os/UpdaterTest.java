package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.os.OsJournal.Outcome;
import io.skerry.appliance.os.OsJournal.Past;
import io.skerry.appliance.os.TrialLog.Stage;
import io.skerry.appliance.os.Updater.Next;
import io.skerry.image.Digests;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpdaterTest {
    @TempDir
    Path folder;
    private TestMachine machine;
    private TestImage second;

    @BeforeEach
    void flash() throws Exception {
        machine = new TestMachine(folder).flash();
        second = new TestImage("2.0.0", machine.key, 3 << 20);
    }

    @Test
    void aGoodVersionIsTriedAndKept() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        assertThat(machine.names()).as("there, but not to be tried yet").containsExactly("skerry-a.conf", "skerry-b+0.conf");
        assertThat(machine.holds(Slot.B, second)).isTrue();
        assertThat(machine.holds(Slot.A, machine.first)).isTrue();
        assertThat(machine.data.resolve("head.tar")).doesNotExist();

        old.tryIt(Json.object());
        assertThat(machine.reboots).isEqualTo(1);
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b+3.conf");
        LoaderEntry booted = machine.powerOn();
        assertThat(booted.slot()).isEqualTo(Slot.B);
        assertThat(booted.options()).contains("roothash=" + second.rootHash(), "systemd.verity_root_data=PARTLABEL=root-b", "skerry.slot=b", "console=ttyS0");
        Updater fresh = machine.updater(booted);
        assertThat(fresh.settle()).isEqualTo(Next.GATE);
        fresh.keep();
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b.conf");
        assertThat(machine.powerOn().slot()).as("the newer of two good ones").isEqualTo(Slot.B);
        assertThat(fresh.settle()).isEqualTo(Next.NOTHING);
        Past past = fresh.state().history().getLast();
        assertThat(past.outcome()).isEqualTo(Outcome.KEPT);
        assertThat(past.version()).isEqualTo("2.0.0");
        assertThat(past.fromVersion()).isEqualTo("1.0.0");
    }

    @Test
    void aVersionThatNeverComesUpIsLeftByTheLoaderAndNotTriedAgain() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        old.tryIt(Json.object());
        for (int i = 0; i < LoaderEntry.TRIES; i++) {
            assertThat(machine.powerOn().slot()).isEqualTo(Slot.B);
        }
        LoaderEntry back = machine.powerOn();
        assertThat(back.slot()).isEqualTo(Slot.A);
        old = machine.updater(back);
        assertThat(old.settle()).isEqualTo(Next.NOTHING);
        Past past = old.state().history().getLast();
        assertThat(past.outcome()).isEqualTo(Outcome.FELL_BACK);
        assertThat(past.reason()).startsWith("no try came as far as starting skerry");
        assertThat(old.state().failure(past.sha256(), 0)).contains(past);
        assertThat(old.state().failure(past.sha256(), 1)).as("asked for again").isEmpty();
        assertThat(old.state().slots().get(Slot.B).good()).isFalse();
    }

    @Test
    void aVersionThatIsNotHealthyGoesAtOnceAndSaysWhy() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        old.tryIt(Json.object());
        Updater fresh = machine.updater(machine.powerOn());
        fresh.settle();
        fresh.giveUp("node edge-1 is not Ready after 10 minutes");
        assertThat(machine.reboots).isEqualTo(2);
        LoaderEntry back = machine.powerOn();
        assertThat(back.slot()).as("without using up the other tries").isEqualTo(Slot.A);
        old = machine.updater(back);
        assertThat(old.settle()).isEqualTo(Next.NOTHING);
        assertThat(old.state().history().getLast().reason()).isEqualTo("node edge-1 is not Ready after 10 minutes");
    }

    @Test
    void howFarATryCameIsToldEvenWhenItCouldNotSaySo() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        old.tryIt(Json.object());
        for (int i = 0; i < LoaderEntry.TRIES; i++) {
            Updater fresh = machine.updater(machine.powerOn());
            fresh.note(Stage.USERSPACE, "");
            fresh.note(Stage.GATE, "the fleet repository cannot be reached, and there is no default route");
        }
        old = machine.updater(machine.powerOn());
        old.settle();
        assertThat(old.state().history().getLast().reason()).contains("reset before its health gate was done", "there is no default route");
    }

    @Test
    void aTryThatHasBegunKeepsItsTime() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        old.allow(hours(1));
        assertThat(old.state().update().orElseThrow().gate()).isEqualTo(Duration.ofHours(1));
        assertThat(old.state().update().orElseThrow().step()).isEqualTo(OsJournal.Step.INSTALLED);
        old.tryIt(Json.object());
        old.allow(hours(2));
        assertThat(old.state().update().orElseThrow().gate()).isEqualTo(Duration.ofHours(1));
    }

    private Updater.Target hours(int hours) {
        Updater.Target target = TestMachine.target(second, new MemorySource(second.build()));
        return new Updater.Target(target.version(), target.sha256(), target.attempt(), target.source(), Duration.ofHours(hours));
    }

    @Test
    void aTryThatWasPreventedIsMadeAfterAll() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        old.tryIt(Json.object());
        // The power was cut before the loader counted, and somebody chose the old entry in its menu.
        old = machine.updater(machine.entries().getFirst());
        assertThat(old.settle()).isEqualTo(Next.TRY);
        old.tryIt(Json.object().put("late", true));
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b+3.conf");
        assertThat(old.state().update().orElseThrow().reboots()).isEqualTo(2);
        assertThat(old.state().update().orElseThrow().before()).as("of the first time").isEqualTo(Json.object());
    }

    /** As with an entry that somebody made the default in the loader's menu. */
    @Test
    void aLoaderThatNeverTakesTheSlotIsNotAskedForEver() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        for (int i = 0; i < LoaderEntry.TRIES; i++) {
            old.tryIt(Json.object());
            old = machine.updater(machine.entries().getFirst());
            assertThat(old.settle()).isEqualTo(i < LoaderEntry.TRIES - 1 ? Next.TRY : Next.NOTHING);
        }
        assertThat(machine.reboots).isEqualTo(LoaderEntry.TRIES);
        Past past = old.state().history().getLast();
        assertThat(past.outcome()).isEqualTo(Outcome.FELL_BACK);
        assertThat(past.reason()).startsWith("the boot loader did not take slot b at 3 reboots; is another entry its default?");
        assertThat(old.state().failure(past.sha256(), 0)).contains(past);
        assertThat(machine.powerOn().slot()).as("nor taken later").isEqualTo(Slot.A);
    }

    @Test
    void rollbackTriesTheOtherSlotAndNeedsItToBeGood() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        assertThatThrownBy(() -> old.prepareRollback(TestMachine.GATE)).isInstanceOf(OsUpdateException.class).hasMessageContaining("slot b holds no version that was good before");
        update(second);
        Updater now = machine.updater(machine.powerOn());
        now.prepareRollback(TestMachine.GATE);
        now.tryIt(Json.object());
        assertThat(machine.names()).containsExactly("skerry-a+3.conf", "skerry-b.conf");
        LoaderEntry back = machine.powerOn();
        assertThat(back.slot()).isEqualTo(Slot.A);
        assertThat(back.osVersion()).isEqualTo("1.0.0");
        Updater again = machine.updater(back);
        assertThat(again.settle()).isEqualTo(Next.GATE);
        again.keep();
        assertThat(machine.powerOn().slot()).isEqualTo(Slot.A);
        assertThat(again.state().history()).extracting(Past::outcome).containsExactly(Outcome.KEPT, Outcome.KEPT, Outcome.FELL_BACK);
        assertThat(again.state().failure(Digests.sha256(second.build()), 0)).as("or what names version 2.0.0 would bring it back at once")
                .hasValueSatisfying(past -> assertThat(past.reason()).isEqualTo("somebody went back to version 1.0.0 by hand"));
    }

    @Test
    void goingBackToWhatTheOtherSlotHoldsCostsNoDownload() throws Exception {
        update(second);
        Updater now = machine.updater(machine.powerOn());
        AtomicInteger opened = new AtomicInteger();
        ImageSource source = new MemorySource(machine.first.build()) {
            @Override
            public java.io.InputStream open(long offset) throws IOException {
                opened.incrementAndGet();
                return super.open(offset);
            }
        };
        now.fetch(TestMachine.target(machine.first, source), bytes -> { }, () -> false);
        assertThat(opened).hasValue(0);
        now.tryIt(Json.object());
        assertThat(machine.powerOn().slot()).isEqualTo(Slot.A);
    }

    @Test
    void whatIsNotToBeTakenIsRefusedBeforeTheSlotIsTouched() throws Exception {
        update(second);
        // Slot a now holds 1.0.0 and is a good place to go back to: a refused image must leave it so.
        TestImage unsigned = new TestImage("3.0.0", TestImage.key(), 1 << 20);
        curable(unsigned, "signed by none of the keys that this device trusts (release.pem)");
        TestImage otherBoard = new TestImage("3.0.1", machine.key, 1 << 20);
        otherBoard.manifest = node -> node.put("board", "raspberrypi4");
        refused(otherBoard, "the image is for the board raspberrypi4, this device is a generic-amd64");
        TestImage otherVersion = new TestImage("3.0.2", machine.key, 1 << 20);
        otherVersion.manifest = node -> node.put("version", "9");
        curable(otherVersion, "the image holds version 9, not 3.0.2");
        TestImage large = new TestImage("3.0.3", machine.key, TestMachine.SLOT_BYTES + 512);
        refused(large, "the slot root-a has room for " + TestMachine.SLOT_BYTES);
        TestImage edited = new TestImage("3.0.4", machine.key, 1 << 20);
        edited.tamper = members -> members.put(OsManifest.NAME, new String(members.get(OsManifest.NAME)).replace("3.0.4", "3.0.5").getBytes());
        curable(edited, "signed by none");
        TestImage future = new TestImage("3.0.6", machine.key, 1 << 20);
        future.manifest = node -> node.put("schema", 2);
        refused(future, "\"schema\" is 2, and only 1 is known here");
        TestImage kernelless = new TestImage("3.0.7", machine.key, 1 << 20);
        kernelless.files.remove(OsManifest.LINUX);
        refused(kernelless, "the image for generic-amd64 has no linux, which this device's boot loader needs");
        TestImage injected = new TestImage("3.0.8", machine.key, 1 << 20);
        injected.manifest = node -> node.putArray("kernelArguments").add("a init=/bin/sh");
        refused(injected, "kernelArguments");
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b.conf");
        assertThat(machine.holds(Slot.A, machine.first)).isTrue();
    }

    @Test
    void whatIsNotWhatTheManifestSaysIsRefused() throws Exception {
        for (String member : new String[] {OsManifest.LINUX, OsManifest.INITRD, OsManifest.ROOT}) {
            TestImage flipped = new TestImage("3.0." + member.length(), machine.key, 1 << 20);
            flipped.tamper = members -> members.computeIfPresent(member, (name, content) -> {
                byte[] other = content.clone();
                other[other.length / 2] ^= 1;
                return other;
            });
            refused(flipped, "the image's " + member + " has the SHA-256");
        }
        TestImage longer = new TestImage("3.1.0", machine.key, 1 << 20);
        longer.tamper = members -> members.put(OsManifest.INITRD, new byte[10]);
        refused(longer, "the image's initrd has 10 bytes; its manifest says 300000");
        TestImage more = new TestImage("3.1.1", machine.key, 1 << 20);
        more.tamper = members -> members.put("more", new byte[10]);
        refused(more, "more members after root.img");
        assertThat(machine.powerOn().slot()).isEqualTo(Slot.A);
        assertThat(machine.holds(Slot.A, machine.first)).isTrue();
        // And after all that a good one is taken.
        update(second);
    }

    @Test
    void anotherFileThanTheOneNamedIsRefused() {
        Updater old = machine.updater(onlyEntry());
        assertThatThrownBy(() -> old.fetch(new Updater.Target("2.0.0", "0".repeat(64), 0, v -> new MemorySource(second.build()), TestMachine.GATE), bytes -> { }, () -> false))
                .isInstanceOf(OsUpdateException.class).hasMessageContaining("it should be 0000");
    }

    @Test
    void aDeviceThatTrustsNobodySaysSo() throws Exception {
        Files.delete(machine.trust.resolve("release.pem"));
        curable(second, "this device trusts no key for OS updates");
        Files.writeString(machine.trust.resolve("broken.pem"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        assertThatThrownBy(() -> fetch(machine.updater(onlyEntry()), new TestImage("2.1.0", machine.key, 1 << 20))).isInstanceOf(IOException.class).hasMessageContaining("broken.pem is not an Ed25519 public key");
    }

    @Test
    void aSlotThatDoesNotKeepWhatItIsGivenIsFound() throws Exception {
        Updater old = machine.updater(onlyEntry());
        MemorySource source = new MemorySource(second.build());
        AtomicBoolean flipped = new AtomicBoolean();
        // The card flips a bit of what was written at the very end of the download.
        assertThatThrownBy(() -> old.fetch(TestMachine.target(second, source), bytes -> {
            if (bytes > (3 << 20) && !flipped.getAndSet(true)) {
                flip(machine.root(Slot.B), 1000);
            }
        }, () -> false)).isInstanceOf(IOException.class).hasMessageContaining("the disk may be failing");
        assertThat(machine.names()).containsExactly("skerry-a.conf");
        fetch(old, second);
        assertThat(machine.holds(Slot.B, second)).isTrue();
    }

    @Test
    void twoProcessesDoNotUpdateAtOnce() throws Exception {
        Updater one = machine.updater(onlyEntry());
        Updater other = machine.updater(onlyEntry());
        one.fetch(TestMachine.target(second, new MemorySource(second.build()) {
            @Override
            public java.io.InputStream open(long offset) throws IOException {
                assertThatThrownBy(() -> other.tryIt(Json.object())).isInstanceOf(SlotLock.BusyException.class);
                return super.open(offset);
            }
        }), bytes -> { }, () -> false);
    }

    @Test
    void aTrialIsDecidedBeforeAnythingElseIsDone() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        old.tryIt(Json.object());
        Updater fresh = machine.updater(machine.powerOn());
        fresh.settle();
        assertThatThrownBy(() -> fetch(fresh, new TestImage("3.0.0", machine.key, 1 << 20))).isInstanceOf(IOException.class).hasMessage("version 2.0.0 is on trial; wait until that is decided");
        assertThatThrownBy(() -> fresh.prepareRollback(TestMachine.GATE)).isInstanceOf(IOException.class).hasMessageContaining("is on trial");
        assertThat(fresh.onTrial()).isTrue();
        fresh.keep();
        assertThat(fresh.onTrial()).isFalse();
        fetch(fresh, new TestImage("3.0.0", machine.key, 1 << 20));
    }

    @Test
    void aVersionOnTrialIsDecidedOnEvenWhenTheJournalIsLost() throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, second);
        old.tryIt(Json.object());
        Files.delete(machine.data.resolve("journal.json"));
        Updater fresh = machine.updater(machine.powerOn());
        assertThat(fresh.settle()).isEqualTo(Next.GATE);
        fresh.keep();
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b.conf");
        assertThat(fresh.settle()).isEqualTo(Next.NOTHING);
    }

    @Test
    void aDamagedJournalIsPutAside() throws Exception {
        Files.createDirectories(machine.data);
        Files.writeString(machine.data.resolve("journal.json"), "{\"update\": {");
        update(second);
        assertThat(machine.data.resolve("journal.json.broken")).exists();
    }

    @Test
    void whatALaterVersionWroteIntoTheJournalStays() throws Exception {
        Files.createDirectories(machine.data);
        Files.writeString(machine.data.resolve("journal.json"), "{\"later\": {\"a\": 1}}");
        update(second);
        assertThat(Json.parse(Files.readAllBytes(machine.data.resolve("journal.json"))).path("later").path("a").asInt()).isEqualTo(1);
    }

    private void refused(TestImage image, String message) throws IOException {
        assertThat(refusal(image, message)).as("not tried again").isPresent();
    }

    /** Refused, and nothing is left in the way of trying it again with other settings. */
    private void curable(TestImage image, String message) throws IOException {
        assertThat(refusal(image, message)).isEmpty();
        refusal(image, message);
        assertThat(machine.updater(onlyEntry()).state().history().stream().filter(past -> past.reason().contains(message) && past.version().equals(image.version)))
                .as("said once").hasSize(1);
    }

    /** @return why it is not tried again */
    private Optional<Past> refusal(TestImage image, String message) throws IOException {
        LoaderEntry booted = machine.powerOn();
        Updater updater = machine.updater(booted);
        assertThatThrownBy(() -> fetch(updater, image)).isInstanceOf(OsUpdateException.class).hasMessageContaining(message);
        Past past = updater.state().history().getLast();
        assertThat(past.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(past.reason()).contains(message);
        assertThat(updater.state().update()).isEmpty();
        return updater.state().failure(past.sha256(), 0);
    }

    private void update(TestImage image) throws Exception {
        Updater old = machine.updater(machine.powerOn());
        fetch(old, image);
        old.tryIt(Json.object());
        Updater fresh = machine.updater(machine.powerOn());
        assertThat(fresh.settle()).isEqualTo(Next.GATE);
        fresh.keep();
        assertThat(machine.powerOn().osVersion()).isEqualTo(image.version);
        assertThat(machine.holds(machine.powerOn().slot(), image)).isTrue();
    }

    private static void fetch(Updater updater, TestImage image) throws IOException, OsUpdateException {
        updater.fetch(TestMachine.target(image, new MemorySource(image.build())), bytes -> { }, () -> false);
    }

    private LoaderEntry onlyEntry() {
        try {
            return machine.powerOn();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void flip(Path file, int at) {
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.READ, java.nio.file.StandardOpenOption.WRITE)) {
            var one = java.nio.ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 1)).rewind();
            channel.write(one, at);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
