package io.skerry.helm.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.helm.HelmException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;

class ChartArchiveTest {
    private static byte[] archive(int files, int size) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (int i = 0; i < files; i++) {
                TarArchiveEntry entry = new TarArchiveEntry("c/files/" + i);
                entry.setSize(size);
                tar.putArchiveEntry(entry);
                tar.write(new byte[size]);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    @Test
    void takesNoMoreThanADeviceHasMemoryFor() throws Exception {
        assertThat(ChartArchive.unpack(archive(4, 5 << 20), "c.tgz")).hasSize(4);
        assertThatThrownBy(() -> ChartArchive.unpack(archive(5, 5 << 20), "c.tgz")).isInstanceOf(HelmException.class).hasMessageContaining("all files together 20 MiB");
        assertThatThrownBy(() -> ChartArchive.unpack(archive(1, (5 << 20) + 1), "c.tgz")).isInstanceOf(HelmException.class).hasMessageContaining("a file may have 5 MiB");
    }
}
