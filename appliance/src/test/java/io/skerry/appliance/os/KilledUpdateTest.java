package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.image.boot.LoaderEntry;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another process does the updates, and is killed (SIGKILL) at moments of chance, within writes as well as between them. */
class KilledUpdateTest {
    private static final int KILLS = 12, ROUNDS = 40;

    @TempDir
    Path folder;

    @Test
    void whateverMomentItIsKilledAtAWholeVersionBootsAndItGoesOn() throws Exception {
        KeyPair key = TestImage.key();
        TestMachine machine = new TestMachine(folder, key).flash();
        Files.write(folder.resolve("key.private"), key.getPrivate().getEncoded());
        Files.write(folder.resolve("key.public"), key.getPublic().getEncoded());
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int killed = 0;
        long usual = 0;
        for (int round = 0; round < ROUNDS && killed < KILLS; round++) {
            Process process = start();
            // The first one shows how long it takes from its first line to its end.
            assertThat(process.inputReader().readLine()).isEqualTo("begins");
            long begun = System.nanoTime();
            if (usual == 0) {
                process.waitFor();
                usual = Math.max(50, (System.nanoTime() - begun) / 1_000_000);
            } else if (!process.waitFor(random.nextLong(usual), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                killed++;
            }
            LoaderEntry booted = machine.powerOn();
            String as = "round " + round + ", seed " + seed + ", booted " + booted.fileName() + " version " + booted.osVersion();
            assertThat(machine.entries().stream().anyMatch(LoaderEntry::isGood)).as(as).isTrue();
            assertThat(machine.holds(booted.slot(), image(booted.osVersion(), key))).as(as).isTrue();
            // As the firmware would have it: the count is taken back, for the next process to find the device where this one left it.
            uncount(machine, booted);
        }
        assertThat(killed).as("kills that came in time").isGreaterThanOrEqualTo(KILLS / 2);
    }

    private Process start() throws IOException {
        return ChildProcess.start(Child.class, folder.resolve("child.log"), folder.toString());
    }

    private static void uncount(TestMachine machine, LoaderEntry booted) throws IOException {
        if (!booted.isGood() && booted.triesDone() == LoaderEntry.TRIES - 1) {
            LoaderEntry again = LoaderEntry.untried(booted.slot(), booted.order(), booted.osVersion(), booted.options());
            Path entries = machine.esp.resolve(LoaderEntry.FOLDER);
            Files.move(entries.resolve(booted.fileName()), entries.resolve(again.fileName()));
        }
    }

    private static TestImage image(String version, KeyPair key) {
        return version.equals("1.0.0") ? new TestImage(version, key, 1 << 20) : new TestImage(version, key, 3 << 20);
    }

    /** One boot's work: settle, keep or fetch and reboot; and then what the next boot would do, over and over, each time to another version. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            Path folder = Path.of(args[0]);
            KeyFactory keys = KeyFactory.getInstance("Ed25519");
            KeyPair key = new KeyPair(keys.generatePublic(new X509EncodedKeySpec(Files.readAllBytes(folder.resolve("key.public")))),
                    keys.generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(folder.resolve("key.private")))));
            TestMachine machine = new TestMachine(folder, key);
            List<TestImage> images = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                images.add(image((i + 2) + ".0.0", key));
            }
            System.out.println("begins");
            System.out.flush();
            for (int boot = 0; boot < 6; boot++) {
                Updater updater = machine.updater(machine.powerOn());
                switch (updater.settle()) {
                    case GATE -> updater.keep();
                    case TRY -> updater.tryIt(Json.object());
                    case NOTHING -> {
                        String version = updater.running().version();
                        TestImage next = images.get((Character.digit(version.charAt(0), 10)) % 3);
                        updater.fetch(TestMachine.target(next, new MemorySource(next.build()), (int) (System.nanoTime() & 0xffff)), bytes -> { }, () -> false);
                        updater.tryIt(Json.object());
                    }
                }
            }
        }
    }
}
