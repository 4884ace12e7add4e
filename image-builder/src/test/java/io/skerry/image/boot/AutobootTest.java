package io.skerry.image.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.layout.Slot;
import org.junit.jupiter.api.Test;

class AutobootTest {
    @Test
    void namesTheSlotAndTheOtherToTry() {
        assertThat(Autoboot.render(Slot.A)).isEqualTo("[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n");
        for (Slot slot : Slot.values()) {
            assertThat(Autoboot.parse(Autoboot.render(slot))).isEqualTo(slot);
            assertThat(Autoboot.render(slot).length()).isLessThan(512);
        }
    }

    @Test
    void whatIsTriedIsNotWhatIsBooted() {
        assertThatThrownBy(() -> Autoboot.parse("[tryboot]\nboot_partition=3\n")).hasMessageContaining("no boot_partition=");
        assertThatThrownBy(() -> Autoboot.parse("[all]\nboot_partition=7\n")).hasMessageContaining("boot_partition=7");
    }
}
