package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockMapTest {
    private static final String WRITTEN = """
            <?xml version="1.0" ?>
            <!-- <Range>7</Range> is only a comment -->
            <bmap version="2.0">
                <ImageSize> 20000 </ImageSize>
                <BlockSize> 4096 </BlockSize>
                <BlocksCount> 5 </BlocksCount>
                <MappedBlocksCount> 3     </MappedBlocksCount>
                <ChecksumType> sha256 </ChecksumType>
                <BmapFileChecksum> f36890a83ce245a6241caf1dd5224b8c9c3a7506b609d52496c8564eefed190a </BmapFileChecksum>
                <BlockMap>
                    <Range chksum="ABCDEF01"> 0-1 </Range>
                    <Range chksum="22"> 4 </Range>
                </BlockMap>
            </bmap>
            """;

    @TempDir
    Path folder;

    /** Its checksum was computed with zeros in its place by sha256sum. */
    @Test
    void readsWhatBmaptoolWrites() throws Exception {
        BlockMap map = BlockMap.read(file(WRITTEN));
        assertThat(map.imageSize()).isEqualTo(20000);
        assertThat(map.ranges()).isEqualTo(List.of(new BlockMap.Range(0, 8192, Optional.of("abcdef01")), new BlockMap.Range(16384, 20000, Optional.of("22"))));
        assertThat(map.mapped()).isEqualTo(8192 + 3616);
    }

    @Test
    void aMapOfVersion1Point3HasChecksumsOfAnotherKind() throws Exception {
        String text = "<?xml version=\"1.0\" ?>\n<bmap version=\"1.3\">\n<ImageSize> 8192 </ImageSize><BlockSize> 4096 </BlockSize><BlocksCount> 2 </BlocksCount>"
                + "<MappedBlocksCount> 1 </MappedBlocksCount><BmapFileSHA1> " + "0".repeat(40) + " </BmapFileSHA1>\n<BlockMap><Range sha1=\"aa\"> 1 </Range></BlockMap>\n</bmap>\n";
        String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
        BlockMap map = BlockMap.read(file(text.replace("0".repeat(40), sum)));
        assertThat(map.ranges()).isEqualTo(List.of(new BlockMap.Range(4096, 8192, Optional.empty())));
        refused(text, "its own checksum is not right");
    }

    /** Wherever a download breaks off, and whatever single character is another one outside of comments and white space. */
    @Test
    void aMapThatWasCutOrAlteredIsRefused() throws Exception {
        String whole = WRITTEN.strip();
        for (int length = 0; length < whole.length(); length++) {
            refused(whole.substring(0, length), "block map");
        }
        for (int at = 0; at < WRITTEN.length(); at++) {
            char other = WRITTEN.charAt(at) == '1' ? '2' : '1';
            Path altered = file(WRITTEN.substring(0, at) + other + WRITTEN.substring(at + 1));
            assertThatThrownBy(() -> BlockMap.read(altered)).as("at %s", at).isInstanceOf(ImageException.class);
        }
        refused(WRITTEN.replace("        <Range chksum=\"22\"> 4 </Range>\n", ""), "its own checksum is not right");
    }

    @Test
    void whatContradictsItselfIsRefused() throws Exception {
        refused(sealed(WRITTEN.replace("<Range chksum=\"22\"> 4 </Range>", "")), "names 2 blocks, and says that it names 3");
        refused(sealed(WRITTEN.replace("<BlocksCount> 5", "<BlocksCount> 6")), "do not belong together");
        refused(sealed(WRITTEN.replaceFirst("<MappedBlocksCount>.*", "")), "lacks one");
        refused(WRITTEN.replaceFirst("<BmapFileChecksum>.*", ""), "lacks its own checksum");
        refused(WRITTEN.replace("version=\"2.0\"", "version=\"1.2\""), "version 1.2, and only 1.3 to 2.0 are known");
        refused(WRITTEN.replace(" sha256 ", " crc "), "of a kind that is not known here (crc)");
    }

    @Test
    void refusesRangesOutOfOrderOrOutsideAndWhatIsNoMap() throws Exception {
        refused(map(8192, "<Range>1</Range>", "<Range>0</Range>"), "block range 0-0 out of order");
        refused(map(8192, "<Range>2-3</Range>"), "outside");
        refused(map(8192, "<Range>0-9223372036854775807</Range>"), "out of range");
        refused("hello", "is not a block map");
    }

    /** A block map of a 2.0 bmaptool with its own checksum and counts, of blocks of 4096 bytes. */
    static String map(long size, String... ranges) {
        long mapped = 0;
        for (String range : ranges) {
            String[] ends = range.replaceAll("<[^>]*>", "").strip().split("-");
            mapped += Long.parseLong(ends[ends.length - 1]) - Long.parseLong(ends[0]) + 1;
        }
        return sealed("<?xml version=\"1.0\" ?>\n<bmap version=\"2.0\">\n<ImageSize> " + size + " </ImageSize>\n<BlockSize> 4096 </BlockSize>\n<BlocksCount> " + (size + 4095) / 4096
                + " </BlocksCount>\n<MappedBlocksCount> " + mapped + " </MappedBlocksCount>\n<ChecksumType> sha256 </ChecksumType>\n<BmapFileChecksum> 00 </BmapFileChecksum>\n<BlockMap>\n"
                + String.join("\n", ranges) + "\n</BlockMap>\n</bmap>\n");
    }

    private static String sealed(String map) {
        String blank = map.replaceFirst("(<BmapFileChecksum>) \\w+ ", "$1 " + "0".repeat(64) + " ");
        return blank.replaceFirst("(<BmapFileChecksum>) \\w+ ", "$1 " + Digests.sha256(blank.getBytes(StandardCharsets.UTF_8)) + " ");
    }

    private void refused(String text, String problem) throws Exception {
        Path file = file(text);
        assertThatThrownBy(() -> BlockMap.read(file)).as(text).isInstanceOf(ImageException.class).hasMessageContaining(problem);
    }

    private Path file(String text) throws Exception {
        return Files.writeString(folder.resolve("image.bmap"), text);
    }
}
