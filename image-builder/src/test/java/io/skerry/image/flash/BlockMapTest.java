package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockMapTest {
    @TempDir
    Path folder;

    @Test
    void readsWhatBmaptoolWrites() throws Exception {
        BlockMap map = BlockMap.read(file("""
                <?xml version="1.0" ?>
                <!-- <Range>7</Range> is only a comment -->
                <bmap version="2.0">
                    <ImageSize> 20000 </ImageSize>
                    <BlockSize> 4096 </BlockSize>
                    <ChecksumType> sha256 </ChecksumType>
                    <BlockMap>
                        <Range chksum="ABCDEF01"> 0-1 </Range>
                        <Range chksum="22"> 4 </Range>
                    </BlockMap>
                </bmap>
                """));
        assertThat(map.imageSize()).isEqualTo(20000);
        assertThat(map.ranges()).isEqualTo(List.of(new BlockMap.Range(0, 8192, Optional.of("abcdef01")), new BlockMap.Range(16384, 20000, Optional.of("22"))));
        assertThat(map.mapped()).isEqualTo(8192 + 3616);
    }

    @Test
    void checksumsOfAnotherKindAreNotTakenForSha256() throws Exception {
        BlockMap map = BlockMap.read(file("<ImageSize>4096</ImageSize><BlockSize>4096</BlockSize><ChecksumType>sha1</ChecksumType><Range chksum=\"aa\">0</Range>"));
        assertThat(map.ranges().getFirst().sha256()).isEmpty();
    }

    @Test
    void refusesRangesOutOfOrderOrOutsideAndWhatIsNoMap() {
        assertThatThrownBy(() -> BlockMap.read(file("<ImageSize>8192</ImageSize><BlockSize>4096</BlockSize><Range>1</Range><Range>0</Range>")))
                .isInstanceOf(ImageException.class).hasMessageContaining("0-0").hasMessageContaining("out of order");
        assertThatThrownBy(() -> BlockMap.read(file("<ImageSize>8192</ImageSize><BlockSize>4096</BlockSize><Range>2-3</Range>"))).hasMessageContaining("outside");
        assertThatThrownBy(() -> BlockMap.read(file("<ImageSize>8192</ImageSize><BlockSize>4096</BlockSize><Range>0-9223372036854775807</Range>"))).hasMessageContaining("out of range");
        assertThatThrownBy(() -> BlockMap.read(file("hello"))).isInstanceOf(ImageException.class).hasMessageContaining("not a block map");
    }

    private Path file(String text) throws Exception {
        return Files.writeString(folder.resolve("image.bmap"), text);
    }
}
