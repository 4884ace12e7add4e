package io.skerry.image.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DiskLayoutTest {
    private static final long MIB = 1 << 20;

    @Test
    void partitionsFollowEachOtherWithoutGaps() {
        DiskLayout efi = DiskLayout.of(BootChain.EFI, Map.of("esp", 192 * MIB, "config", 32 * MIB, "root", 640 * MIB, "data", 64 * MIB));
        assertThat(efi.partitions()).extracting(DiskLayout.Partition::label).containsExactly("esp", "config", "root-a", "root-b", "data");
        assertThat(efi.partitions()).extracting(DiskLayout.Partition::number).containsExactly(1, 2, 3, 4, 5);
        assertThat(efi.partitions().getFirst().start()).isEqualTo(MIB);
        for (int i = 1; i < 5; i++) {
            assertThat(efi.partitions().get(i).start()).isEqualTo(efi.partitions().get(i - 1).end());
        }
        assertThat(efi.size()).isEqualTo((1 + 192 + 32 + 640 + 640 + 64 + 1) * MIB);
    }

    @Test
    void raspberryPisBootFromTheSecondAndThirdPartition() {
        DiskLayout pi = DiskLayout.of(BootChain.TRYBOOT, Map.of("boot", 192 * MIB, "config", 64 * MIB, "root", 640 * MIB, "data", 64 * MIB));
        assertThat(pi.partitions()).extracting(DiskLayout.Partition::label).containsExactly("config", "boot-a", "boot-b", "root-a", "root-b", "data");
        for (Slot slot : Slot.values()) {
            assertThat(pi.partition(slot.bootLabel()).number()).isEqualTo(io.skerry.image.boot.Autoboot.partition(slot));
        }
    }

    @Test
    void refusesSizesThatWouldNotBeAligned() {
        assertThatThrownBy(() -> DiskLayout.of(BootChain.EFI, Map.of("esp", 192 * MIB + 512, "config", MIB, "root", MIB, "data", MIB)))
                .hasMessageContaining("partition esp");
    }
}
