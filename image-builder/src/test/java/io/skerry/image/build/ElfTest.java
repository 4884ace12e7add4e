package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ElfTest {
    @Test
    void findsWhatAProgramIsStartedWith() throws Exception {
        byte[] shell = Files.readAllBytes(Path.of("/bin/bash").toRealPath());
        assertThat(Elf.isElf(shell)).isTrue();
        Elf.Needs needs = Elf.read(shell);
        assertThat(Path.of(needs.loader())).exists();
        assertThat(needs.needed()).contains("libc.so.6").anyMatch(name -> name.startsWith("libtinfo.so"));
    }

    @Test
    void aStaticProgramNeedsNothing() throws Exception {
        assertThat(Elf.read(Files.readAllBytes(Path.of("/bin/busybox")))).isEqualTo(new Elf.Needs(null, java.util.List.of()));
        assertThat(Elf.isElf("#!/bin/sh\n".repeat(10).getBytes())).isFalse();
    }
}
