package io.skerry.appliance.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.node.host.Command;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the real sfdisk, on images of disks. */
class DataPartitionTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private Path card(long mib) throws IOException {
        Path card = folder.resolve("card.img");
        size(card, 64);
        sfdisk("label: gpt\nsize=10M,name=esp\nsize=20M,name=root-a\nsize=20M,name=data\n", card.toString());
        size(card, mib);
        return card;
    }

    private static void size(Path file, long mib) throws IOException {
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(mib * MIB);
        }
    }

    private static String sfdisk(String input, String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = "sfdisk";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Command.run(LIMIT, new ByteArrayInputStream(input.getBytes(StandardCharsets.US_ASCII)), command);
    }

    private static String table(Path card) throws IOException {
        return sfdisk("", "--dump", card.toString());
    }

    private static long number(String table, String partition, String field) {
        String line = table.lines().filter(each -> each.contains("name=\"" + partition + "\"")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll(".*" + field + "= *(\\d+).*", "$1"));
    }

    @Test
    void theLastPartitionTakesTheRestOfTheCardAndNothingElseMoves() throws Exception {
        Path card = card(512);
        String before = table(card);
        DataPartition.enlarge(card, 3);
        String after = table(card);
        long end = number(after, "data", "start") + number(after, "data", "size");
        assertThat(DataPartition.free(512 * MIB / 512, end)).isBetween(0L, MIB);
        for (String kept : new String[] {"esp", "root-a"}) {
            assertThat(number(after, kept, "size")).isEqualTo(number(before, kept, "size"));
        }
        assertThat(number(after, "data", "start")).isEqualTo(number(before, "data", "start"));
        assertThat(uuid(after)).as("identities stay").isEqualTo(uuid(before));
        assertThat(sfdisk("", "--verify", card.toString())).contains("No errors detected");
        DataPartition.enlarge(card, 3);
        assertThat(table(card)).as("once more changes nothing").isEqualTo(after);
    }

    /** udev looks at no disk that is locked (systemd's "Locking Block Device Access"): it must not meet a table that the kernel does not know yet. */
    @Test
    void theDiskIsLockedMeanwhile() throws Exception {
        Path card = card(512);
        Process holder = new ProcessBuilder("flock", card.toString(), "sh", "-c", "echo locked; read -r line").start();
        try (BufferedReader said = holder.inputReader()) {
            assertThat(said.readLine()).isEqualTo("locked");
            String before = table(card);
            CompletableFuture<Void> enlarged = CompletableFuture.runAsync(() -> {
                try {
                    DataPartition.enlarge(card, 3);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThatThrownBy(() -> enlarged.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(table(card)).isEqualTo(before);
            holder.outputWriter().append("go on\n").close();
            enlarged.get(30, TimeUnit.SECONDS);
            assertThat(table(card)).isNotEqualTo(before);
        } finally {
            holder.destroyForcibly();
        }
    }

    private static String uuid(String table) {
        return table.lines().filter(line -> line.contains("name=\"data\"")).findFirst().orElseThrow().replaceAll(".*uuid=([^,]*).*", "$1");
    }

    /** What a power cut between the two copies of the table leaves: the backup is new, the main one is old or torn. */
    @Test
    void aTornMainTableIsTakenFromTheBackup() throws Exception {
        Path card = card(512);
        DataPartition.enlarge(card, 3);
        String whole = table(card);
        try (RandomAccessFile image = new RandomAccessFile(card.toFile(), "rw")) {
            image.seek(512 + 16);
            image.writeInt(0xdeadbeef);
        }
        DataPartition.enlarge(card, 3);
        assertThat(table(card).lines().filter(line -> line.contains("name="))).containsExactlyElementsOf(whole.lines().filter(line -> line.contains("name=")).toList());
        assertThat(sfdisk("", "--verify", card.toString())).contains("No errors detected");
    }

    @Test
    void aCardThatIsFullHasNothingFree() {
        assertThat(DataPartition.free(1000, 967)).isZero();
    }
}
