package io.skerry.appliance.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.layout.Slot;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.SettingsException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsStoreTest {
    @TempDir
    Path folder;
    private Device device;
    private SettingsStore store;

    @BeforeEach
    void device() throws Exception {
        device = new Device(folder);
        store = new SettingsStore(device.paths, ServerFlags.UNKNOWN);
    }

    @Test
    void withoutAFileTheDefaultsCount() {
        SettingsStore.Chosen chosen = store.choose();
        assertThat(chosen.source()).isEqualTo(SettingsStore.Source.DEFAULTS);
        assertThat(chosen.problems()).isEmpty();
        assertThat(store.configured()).isFalse();
    }

    @Test
    void aRightFileBecomesTheLastGoodOne() throws Exception {
        device.settings("hostname: one\n");
        assertThat(store.choose().source()).isEqualTo(SettingsStore.Source.FILE);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(device.paths.lastGoodSettings()))).isEqualTo("rw-------");
        assertThat(store.configured()).isTrue();

        device.settings("hostname: one\nlabels: [wrong\n");
        SettingsStore.Chosen broken = store.choose();
        assertThat(broken.source()).isEqualTo(SettingsStore.Source.LAST_GOOD);
        assertThat(broken.settings().hostname()).contains("one");
        assertThat(broken.problems()).singleElement().asString().startsWith("skerry.yaml:3: ");
    }

    @Test
    void aFileThatLostItsBytesIsNoWishForDefaults() throws Exception {
        device.settings("hostname: one\n");
        store.choose();
        device.settings("");
        assertThat(store.choose().settings().hostname()).contains("one");
        Files.delete(device.paths.settings());
        assertThat(store.choose().source()).isEqualTo(SettingsStore.Source.LAST_GOOD);
        device.settings("# as it came from the factory\n");
        SettingsStore.Chosen chosen = store.choose();
        assertThat(chosen.source()).isEqualTo(SettingsStore.Source.FILE);
        assertThat(chosen.settings().hostname()).isEmpty();
        assertThat(store.configured()).isFalse();
    }

    @Test
    void brokenWithNothingBeforeItMeansTheDefaultsAndSaysWhy() throws Exception {
        device.settings("hostnme: x\n");
        SettingsStore.Chosen chosen = store.choose();
        assertThat(chosen.source()).isEqualTo(SettingsStore.Source.DEFAULTS);
        assertThat(chosen.problems()).singleElement().asString().startsWith("skerry.yaml:1: hostnme: unknown key 'hostnme'; did you mean 'hostname'?");
    }

    /** A version that knows a key takes the file while it is on trial; the one that is gone back to does not know it. */
    @Test
    void aVersionThatIsGoneBackToHasItsOwn() throws Exception {
        SettingsStore older = new SettingsStore(device.paths, ServerFlags.of(Set.of("disable")));
        SettingsStore newer = new SettingsStore(device.paths, ServerFlags.of(Set.of("disable", "known-to-b")));
        boot(Slot.A);
        device.settings("hostname: one\n");
        older.choose();
        device.settings("hostname: two\nserver: {known-to-b: 1}\n");
        assertThat(older.choose().source()).as("not known to a").isEqualTo(SettingsStore.Source.LAST_GOOD);
        boot(Slot.B);
        assertThat(newer.choose().source()).isEqualTo(SettingsStore.Source.FILE);
        boot(Slot.A);
        SettingsStore.Chosen back = older.choose();
        assertThat(back.source()).isEqualTo(SettingsStore.Source.EARLIER);
        assertThat(back.settings().hostname()).contains("one");
        assertThat(back.problems()).as("of the file, and of the last good one").hasSize(2).allMatch(problem -> problem.contains("known-to-b"));
        boot(Slot.B);
        device.settings("");
        assertThat(newer.choose().settings().hostname()).as("the last good one goes before a slot's own").contains("two");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(device.paths.lastGoodSettings(Slot.A)))).isEqualTo("rw-------");
    }

    private void boot(Slot slot) throws Exception {
        Files.createDirectories(device.paths.root().resolve("proc"));
        Files.writeString(device.paths.root().resolve("proc/cmdline"), "quiet skerry.slot=" + slot.letter() + "\n");
    }

    @Test
    void nothingIsReplacedByWhatIsWrong() throws Exception {
        device.settings("hostname: one\n");
        store.choose();
        assertThatThrownBy(() -> store.replace("hostname: Two\n".getBytes(StandardCharsets.UTF_8), "stick", settings -> {
            throw new AssertionError("written");
        })).isInstanceOf(SettingsException.class);
        assertThat(Files.readString(device.paths.lastGoodSettings())).isEqualTo("hostname: one\n");
    }
}
