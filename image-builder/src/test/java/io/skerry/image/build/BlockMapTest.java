package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.image.Digests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockMapTest {
    @TempDir
    Path folder;

    @Test
    void rangesAreWholeBlocksAndJoined() {
        List<BlockMap.Range> ranges = List.of(new BlockMap.Range(9000, 9001), new BlockMap.Range(0, 4097), new BlockMap.Range(40960, 50000));
        assertThat(BlockMap.normalise(ranges, 45000)).containsExactly(new BlockMap.Range(0, 12288), new BlockMap.Range(40960, 45000));
    }

    @Test
    void checksumsAreThoseOfTheImage() throws Exception {
        byte[] image = new byte[5 * 4096 + 100];
        for (int i = 0; i < image.length; i++) {
            image[i] = (byte) (i * 31 >> 5);
        }
        Path file = Files.write(folder.resolve("disk.img"), image);
        String map = BlockMap.render(file, List.of(new BlockMap.Range(4096, 12288), new BlockMap.Range(20480, image.length)));
        assertThat(map).contains("<ImageSize> 20580 </ImageSize>", "<BlocksCount> 6 </BlocksCount>", "<MappedBlocksCount> 3 </MappedBlocksCount>");
        assertThat(map).contains("\"" + Digests.sha256(java.util.Arrays.copyOfRange(image, 4096, 12288)) + "\"> 1-2 </Range>");
        assertThat(map).contains("\"" + Digests.sha256(java.util.Arrays.copyOfRange(image, 20480, image.length)) + "\"> 5 </Range>");
        Matcher own = Pattern.compile("<BmapFileChecksum> ([0-9a-f]{64}) ").matcher(map);
        assertThat(own.find()).isTrue();
        assertThat(own.group(1)).isEqualTo(Digests.sha256(map.replace(own.group(1), "0".repeat(64)).getBytes()));
    }
}
