package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.UserError;
import io.skerry.appliance.os.DataFormat.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A made-up change of the format: the file "names" becomes "names.json"; version 1 reads the former, version 2 the latter. */
class DataFormatTest {
    private static final Optional<String> A = Optional.of("a"), B = Optional.of("b");

    @TempDir
    Path data;
    private final List<String> done = new ArrayList<>();
    private boolean powerCut;

    private final Step second = new Step(2, "names as JSON", folder -> {
        done.add("expand");
        Files.writeString(folder.resolve("names.json"), "[\"" + Files.readString(folder.resolve("names")) + "\"]");
        cut();
    }, folder -> {
        done.add("contract");
        cut();
        Files.deleteIfExists(folder.resolve("names"));
    });

    @Test
    void theOldVersionFindsItsDataUntilNoSlotHoldsIt() throws Exception {
        Files.writeString(data.resolve("names"), "x");
        version1().prepare(A, "1");
        version2().prepare(B, "2");
        assertThat(data.resolve("names.json")).hasContent("[\"x\"]");
        assertThat(data.resolve("names")).as("for falling back").hasContent("x");
        // It falls back, and is tried again later.
        version1().prepare(A, "1");
        version2().prepare(B, "2");
        assertThat(done).containsExactly("expand");
        // The next update puts a version into slot a that knows the format as well.
        version2().prepare(A, "2.1");
        assertThat(done).containsExactly("expand", "contract");
        assertThat(data.resolve("names")).doesNotExist();
        version2().prepare(B, "2");
        assertThat(done).hasSize(2);
    }

    @Test
    void anOldVersionRefusesWhatItCannotReadAndTouchesNothing() throws Exception {
        Files.writeString(data.resolve("names"), "x");
        version2().prepare(A, "2");
        version2().prepare(B, "2");
        byte[] before = Files.readAllBytes(data.resolve("format.json"));
        assertThatThrownBy(() -> version1().prepare(A, "1")).isInstanceOf(UserError.class)
                .hasMessage("the data folder " + data + " is in format 2, written by skerry 2; skerry 1 knows up to format 1: run the newer version");
        assertThat(Files.readAllBytes(data.resolve("format.json"))).isEqualTo(before);
    }

    @Test
    void aMachineWithoutSlotsHasNoWayBack() throws Exception {
        Files.writeString(data.resolve("names"), "x");
        version1().prepare(Optional.empty(), "1");
        version2().prepare(Optional.empty(), "2");
        assertThat(data.resolve("names")).doesNotExist();
        assertThat(data.resolve("names.json")).exists();
    }

    @Test
    void eachHalfIsTakenUpAgainAfterAPowerCut() throws Exception {
        Files.writeString(data.resolve("names"), "x");
        version1().prepare(A, "1");
        powerCut = true;
        assertThatThrownBy(() -> version2().prepare(B, "2")).isInstanceOf(IOException.class);
        powerCut = false;
        version1().prepare(A, "1");
        version2().prepare(B, "2");
        assertThat(done).containsExactly("expand", "expand");
        powerCut = true;
        assertThatThrownBy(() -> version2().prepare(A, "2.1")).isInstanceOf(IOException.class);
        powerCut = false;
        assertThatThrownBy(() -> version1().prepare(A, "1")).as("half taken away").isInstanceOf(UserError.class);
        version2().prepare(A, "2.1");
        assertThat(data.resolve("names")).doesNotExist();
    }

    @Test
    void anIdleStartWritesNothing() throws Exception {
        version1().prepare(A, "1");
        Object written = Files.getAttribute(data.resolve("format.json"), "unix:ino");
        version1().prepare(A, "1");
        assertThat(Files.getAttribute(data.resolve("format.json"), "unix:ino")).isEqualTo(written);
    }

    private void cut() throws IOException {
        if (powerCut) {
            throw new IOException("the power is cut");
        }
    }

    private DataFormat version1() {
        return new DataFormat(data, List.of());
    }

    private DataFormat version2() {
        return new DataFormat(data, List.of(second));
    }
}
