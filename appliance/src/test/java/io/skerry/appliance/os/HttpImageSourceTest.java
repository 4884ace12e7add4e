package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.Digests;
import io.skerry.image.layout.Slot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetching over a real connection that does not hold. */
class HttpImageSourceTest {
    /** More than one checkpoint. */
    private static final int ROOT_BYTES = 2 * TestMachine.CHECKPOINT + 12_345;

    @TempDir
    Path folder;
    private TestMachine machine;
    private TestImage image;
    private ImageServer server;

    @BeforeEach
    void start() throws Exception {
        machine = new TestMachine(folder).flash();
        image = new TestImage("2.0.0", machine.key, ROOT_BYTES);
        java.nio.file.Files.write(machine.root(Slot.B), new byte[ROOT_BYTES + 4096]);
        server = new ImageServer(image.build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aDroppedConnectionIsGoneOnWithWhereItBroke() throws Exception {
        server.cutAfter = 500_000;
        fetch(new ArrayList<>());
        assertThat(machine.holds(Slot.B, image)).isTrue();
        assertThat(server.requests).hasSize(ROOT_BYTES / 500_000 + 1).first().isEqualTo("whole");
        assertThat(server.requests.get(1)).isEqualTo("bytes=500000-");
        assertThat(server.requests.get(2)).isEqualTo("bytes=1000000-");
    }

    @Test
    void afterAStopItGoesOnFromTheLastCheckpoint() throws Exception {
        List<Long> reached = new ArrayList<>();
        assertThatThrownBy(() -> machine.updater(machine.powerOn()).fetch(target(), bytes -> reached.add(bytes), () -> !reached.isEmpty() && reached.getLast() > TestMachine.CHECKPOINT))
                .isInstanceOf(IOException.class);
        long checkpoint = reached.getLast();
        assertThat(checkpoint).isLessThan(ROOT_BYTES);
        server.requests.clear();
        fetch(reached);
        assertThat(server.requests).containsExactly("bytes=" + checkpoint + "-");
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    @Test
    void aServerWithoutRangesIsReadAgain() throws Exception {
        server.ranges = false;
        List<Long> reached = new ArrayList<>();
        assertThatThrownBy(() -> machine.updater(machine.powerOn()).fetch(target(), bytes -> reached.add(bytes), () -> !reached.isEmpty() && reached.getLast() > TestMachine.CHECKPOINT))
                .isInstanceOf(IOException.class);
        fetch(reached);
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    @Test
    void aFileThatChangedMeanwhileIsFetchedFromItsBeginning() throws Exception {
        server.content[ROOT_BYTES] ^= 1;
        List<Long> reached = new ArrayList<>();
        assertThatThrownBy(() -> machine.updater(machine.powerOn()).fetch(target(), bytes -> reached.add(bytes), () -> !reached.isEmpty() && reached.getLast() > TestMachine.CHECKPOINT))
                .isInstanceOf(IOException.class);
        server.content = image.build();
        server.etag = "\"2\"";
        server.requests.clear();
        fetch(reached);
        assertThat(server.requests).hasSize(2).last().isEqualTo("whole");
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    @Test
    void withoutValidatorsTheDigestFindsThatItChanged() throws Exception {
        server.etag = null;
        byte[] wrong = server.content.clone();
        wrong[600_000] ^= 1;
        server.content = wrong;
        List<Long> reached = new ArrayList<>();
        assertThatThrownBy(() -> machine.updater(machine.powerOn()).fetch(target(), bytes -> reached.add(bytes), () -> !reached.isEmpty() && reached.getLast() > TestMachine.CHECKPOINT))
                .isInstanceOf(IOException.class);
        server.content = image.build();
        fetch(reached);
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    @Test
    void whatMayPassIsNoRefusal() throws Exception {
        Updater updater = machine.updater(machine.powerOn());
        for (int status : new int[] {404, 503, 403}) {
            server.status = status;
            assertThatThrownBy(() -> updater.fetch(target(), bytes -> { }, () -> false)).isInstanceOf(IOException.class).hasMessageContaining("GET " + server.url() + ": " + status);
        }
        assertThat(updater.state().history()).isEmpty();
        assertThat(machine.names()).as("nothing was touched").containsExactly("skerry-a.conf");
        server.status = 0;
        fetch(new ArrayList<>());
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    /** Of a portal or of a server under maintenance, with status 200. */
    @Test
    void aPageInsteadOfTheFileIsNoRefusal() throws Exception {
        Updater updater = machine.updater(machine.powerOn());
        byte[] whole = server.content;
        for (int size : new int[] {0, 100, 2000}) {
            server.content = "<html>please log in</html>".repeat(100).substring(0, size).getBytes(StandardCharsets.US_ASCII);
            assertThatThrownBy(() -> updater.fetch(target(), bytes -> { }, () -> false)).as("%d bytes", size).isInstanceOf(IOException.class)
                    .isNotInstanceOf(Download.MismatchException.class).hasMessageStartingWith(server.url() + ": what the server sent is not an OS update file: ");
        }
        assertThat(updater.state().history()).isEmpty();
        assertThat(machine.names()).as("nothing was touched").containsExactly("skerry-a.conf");
        server.content = whole;
        fetch(new ArrayList<>());
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    /** As while the server's files are replaced: signed, and yet another one than the commit names. */
    @Test
    void anotherFileThanTheOneNamedIsNoRefusalAndBegunAnew() throws Exception {
        byte[] whole = server.content;
        TestImage built = new TestImage("2.0.0", machine.key, ROOT_BYTES);
        built.files.put("initrd", new byte[300_001]);
        server.content = built.build();
        Updater updater = machine.updater(machine.powerOn());
        assertThatThrownBy(() -> updater.fetch(target(), bytes -> { }, () -> false)).isInstanceOf(Download.MismatchException.class).hasMessageContaining("it should be " + Digests.sha256(whole));
        assertThat(updater.state().history()).isEmpty();
        assertThat(updater.state().update().orElseThrow().offset()).isZero();
        server.content = whole;
        server.requests.clear();
        fetch(new ArrayList<>());
        assertThat(server.requests).containsExactly("whole");
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    @Test
    void aFileThatEndsEarlyIsToldAsThat() throws Exception {
        byte[] whole = server.content;
        server.content = java.util.Arrays.copyOf(whole, whole.length / 2);
        Updater updater = machine.updater(machine.powerOn());
        assertThatThrownBy(() -> updater.fetch(target(), bytes -> { }, () -> false)).isInstanceOf(IOException.class);
        assertThat(updater.state().history()).as("it may be published whole later").isEmpty();
        server.content = whole;
        fetch(new ArrayList<>());
        assertThat(machine.holds(Slot.B, image)).isTrue();
    }

    private void fetch(List<Long> reached) throws IOException, OsUpdateException {
        machine.updater(machine.powerOn()).fetch(target(), reached::add, () -> false);
    }

    private Updater.Target target() {
        return new Updater.Target("2.0.0", Digests.sha256(image.build()), 0, validator -> new HttpImageSource(server.url(), validator), TestMachine.GATE);
    }
}
