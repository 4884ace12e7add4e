package io.skerry.image.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.layout.Slot;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoaderEntryTest {
    private static final String OPTIONS = new KernelArguments(Slot.B, "generic-amd64", "1.2.3", "ab12", 4096, List.of("console=ttyS0")).render();

    @Test
    void countersAreInTheName() {
        LoaderEntry fresh = LoaderEntry.untried(Slot.B, 7, "1.2.3", OPTIONS);
        assertThat(fresh.fileName()).isEqualTo("skerry-b+3.conf");
        LoaderEntry tried = LoaderEntry.parse("skerry-b+2-1.conf", fresh.render());
        assertThat(tried.triesLeft()).isEqualTo(2);
        assertThat(tried.triesDone()).isEqualTo(1);
        assertThat(tried.fileName()).isEqualTo("skerry-b+2-1.conf");
        assertThat(tried.blessed().fileName()).isEqualTo("skerry-b.conf");
        assertThat(LoaderEntry.parse("skerry-b+0-3.conf", fresh.render()).isUsedUp()).isTrue();
    }

    @Test
    void readsWhatItWrote() {
        LoaderEntry entry = LoaderEntry.good(Slot.B, 7, "1.2.3", OPTIONS);
        assertThat(LoaderEntry.parse(entry.fileName(), entry.render())).isEqualTo(entry);
        assertThat(entry.render()).contains("\nlinux /skerry/b/linux\n", "\nversion 7\n");
        assertThat(KernelArguments.value(entry.options(), "skerry.slot")).isEqualTo("b");
        assertThat(KernelArguments.value(entry.options(), "systemd.verity_root_data")).isEqualTo("PARTLABEL=root-b");
    }

    @Test
    void refusesWhatIsNotOurs() {
        assertThat(LoaderEntry.isName("debian.conf")).isFalse();
        assertThatThrownBy(() -> LoaderEntry.parse("debian.conf", "")).hasMessageContaining("debian.conf");
        assertThatThrownBy(() -> LoaderEntry.parse("skerry-a.conf", "version 1\n")).hasMessage("skerry-a.conf: has no \"options\" line");
        assertThatThrownBy(() -> LoaderEntry.parse("skerry-a.conf", "version x\noptions ro\n")).hasMessageContaining("whole number, not x");
    }
}
