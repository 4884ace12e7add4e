package io.skerry.node.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CgroupsTest {
    @Test
    void namesForBothDrivers() {
        var cgroupfs = new Cgroups("kubepods", new Host(false, false, false, true));
        assertThat(cgroupfs.parentOf("BestEffort", "ab-cd")).isEqualTo("/kubepods/besteffort/podab-cd");
        assertThat(cgroupfs.parentOf("Guaranteed", "ab-cd")).isEqualTo("/kubepods/podab-cd");
        var systemd = new Cgroups("kubepods", new Host(true, true, false, true));
        assertThat(systemd.parentOf("Burstable", "ab-cd")).isEqualTo("kubepods-burstable-podab_cd.slice");
        assertThat(systemd.parentOf("Guaranteed", "ab-cd")).isEqualTo("kubepods-podab_cd.slice");
        assertThat(Cgroups.slicePath("kubepods-burstable-podab_cd.slice")).isEqualTo("kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podab_cd.slice");
    }
}
