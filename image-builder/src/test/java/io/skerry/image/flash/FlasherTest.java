package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.settings.ServerFlags;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files stand for cards; partition table, FAT, zstd and signatures are real. */
class FlasherTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private Path raw;
    private Path image;
    private Path bmap;

    /** 12 MiB: the config partition at 1 MiB, random bytes from 6 to 7 MiB, the rest empty and not mapped. */
    @BeforeEach
    void anImage() throws Exception {
        raw = folder.resolve("skerry-test.img");
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(12 * MIB);
            byte[] noise = new byte[MIB];
            new Random(7).nextBytes(noise);
            file.seek(6 * MIB);
            file.write(noise);
        }
        Path settings = Files.writeString(folder.resolve("template.yaml"), "# Settings of this device\nlabels:\n  rack: \"7\"\n");
        sh("printf 'label: gpt\\nstart=2048, size=8192, name=config\\nstart=12288, size=2048, name=data\\n' | sfdisk --quiet " + raw);
        sh("mkfs.vfat -n SKERRY --offset 2048 " + raw + " 4096 && mcopy -i " + raw + "@@1M " + settings + " ::skerry.yaml");
        bmap = folder.resolve("skerry-test.img.bmap");
        Files.writeString(bmap, BlockMapTest.map(12 * MIB, range(0, 5 * MIB), range(6 * MIB, 7 * MIB), range(12 * MIB - 4096 * 9, 12 * MIB)));
        sh("zstd --quiet " + raw);
        image = folder.resolve("skerry-test.img.zst");
        sh("cd " + folder + " && sha256sum skerry-test.img.zst > skerry-test.img.zst.sha256");
    }

    @Test
    void aCardHoldsTheImageAndKnowsWhoItIs() throws Exception {
        Path card = folder.resolve("card");
        flash(card, List.of(new CardIdentity("store-0042", Map.of("site", "north"), Optional.empty())));
        ConfigPartition config = ConfigPartition.of(card);
        assertThat(config.readSettings()).isEqualTo("# Settings of this device\nlabels:\n  rack: \"7\"\n  site: north\nhostname: store-0042\n");
        // All but the FAT is the image, letter by letter.
        for (int mib : new int[] {0, 5, 6, 7, 8, 9, 10, 11}) {
            assertThat(slice(card, mib)).as("mebibyte " + mib).isEqualTo(slice(raw, mib));
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("The checksum is right").contains("Verifying 100 %").contains("card is ready.");
        sh("cd " + folder + " && dd if=card of=fat bs=1M skip=1 count=4 status=none && fsck.vfat -n fat");
    }

    @Test
    void onlyMappedBlocksAreWritten() throws Exception {
        BlockMap map = new ImageSource(image).blockMap();
        assertThat(map.mapped()).isEqualTo(6L * MIB + 4096 * 9);
        flash(folder.resolve("card"), List.of());
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("of 6.3 MB");
    }

    @Test
    void aListOfCardsMakesAFileACard() throws Exception {
        Path cards = Files.createDirectory(folder.resolve("cards"));
        Path csv = Files.writeString(folder.resolve("cards.csv"), "hostname,token,site\nstore-1,abc,north\nstore-2,,south\n");
        flash(cards, CardIdentity.list(csv));
        assertThat(ConfigPartition.of(cards.resolve("store-1.img")).readSettings()).contains("hostname: store-1").contains("token: abc").contains("site: north");
        assertThat(ConfigPartition.of(cards.resolve("store-2.img")).readSettings()).contains("hostname: store-2").doesNotContain("token");
    }

    @Test
    void aFileThatStandsForACardIsItsOwnersAlone() throws Exception {
        Path cards = Files.createDirectory(folder.resolve("cards"));
        Path there = Files.writeString(cards.resolve("store-1.img"), "of an earlier version");
        Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rw-r--r--"));
        flash(cards, List.of(new CardIdentity("store-1", Map.of(), Optional.of("abc")), new CardIdentity("store-2", Map.of(), Optional.of("def"))));
        for (String card : List.of("store-1.img", "store-2.img")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cards.resolve(card)))).as(card).isEqualTo("rw-------");
        }
    }

    @Test
    void anImageIsAskedForItsSettingsWithoutBeingWrittenAnywhere() throws Exception {
        assertThat(ConfigPartition.settingsOf(new ImageSource(image))).isEqualTo("# Settings of this device\nlabels:\n  rack: \"7\"\n");
        assertThat(ConfigPartition.settingsOf(new ImageSource(raw))).contains("rack");
        Path cut = folder.resolve("cut.img");
        Files.write(cut, java.util.Arrays.copyOf(Files.readAllBytes(raw), MIB / 2));
        assertThatThrownBy(() -> ConfigPartition.settingsOf(new ImageSource(cut))).isInstanceOf(ImageException.class);
    }

    @Test
    void anImageWithSecretsIsPublishedOnlyWhenAskedFor() throws Exception {
        Path open = Files.copy(raw, folder.resolve("skerry-raspberrypi4.img"));
        assertThat(OsList.of(List.of(open), "https://images.example", false).path("os_list")).hasSize(1);
        ConfigPartition.of(open).writeSettings("fleet: {url: 'https://git.example.org/f.git', password: hush}\n");
        sh("zstd --quiet " + open);
        Path packed = folder.resolve("skerry-raspberrypi4.img.zst");
        assertThatThrownBy(() -> OsList.of(List.of(packed), "https://images.example", false)).isInstanceOf(ImageException.class)
                .hasMessageContaining(packed + " holds secrets (fleet.password)").hasMessageContaining("--allow-secrets").hasMessageNotContaining("hush");
        assertThat(OsList.of(List.of(packed), "https://images.example", true).path("os_list")).hasSize(1);
    }

    @Test
    void oneSettingsFileReplacesTheImagesOwn() throws Exception {
        Path own = Files.writeString(folder.resolve("own.yaml"), "timezone: Europe/Oslo\n");
        Path card = folder.resolve("card");
        new Flasher(new Flasher.Job(image, card, own, null, false, true), ServerFlags.UNKNOWN, out(), false, null).run(List.of(new CardIdentity("a", Map.of(), Optional.empty())));
        assertThat(ConfigPartition.of(card).readSettings()).isEqualTo("timezone: Europe/Oslo\nhostname: a\n");
    }

    @Test
    void settingsThatTheDeviceWouldRefuseAreRefusedBeforeAnythingIsWritten() throws Exception {
        Path own = Files.writeString(folder.resolve("own.yaml"), "timezone: Europe/Oslo\nhostnam: a\n");
        Path card = folder.resolve("card");
        assertThatThrownBy(() -> new Flasher(new Flasher.Job(image, card, own, null, false, true), ServerFlags.UNKNOWN, out(), false, null).run(List.of()))
                .isInstanceOf(ImageException.class).hasMessageContaining("own.yaml:2: ").hasMessageContaining("hostname");
        Files.writeString(own, "server: {disabel: [dns]}\n");
        assertThatThrownBy(() -> new Flasher(new Flasher.Job(image, card, own, null, false, true), ServerFlags.of(Set.of("disable")), out(), false, null).run(List.of()))
                .isInstanceOf(ImageException.class).hasMessageContaining("own.yaml:1: server.disabel: unknown key 'disabel'; did you mean 'disable'?");
        assertThat(card).doesNotExist();
    }

    @Test
    void aDamagedImageIsRefusedBeforeAnythingIsWritten() throws Exception {
        Path card = Files.writeString(folder.resolve("card"), "precious");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(file.length() / 2);
            file.write(file.read() ^ 1);
        }
        assertThatThrownBy(() -> flash(card, List.of())).isInstanceOf(ImageException.class).hasMessageContaining("is damaged");
        assertThat(card).hasContent("precious");
    }

    @Test
    void anImageThatIsNotWhatItsBlockMapSaysLeavesNoPartitionTable() throws Exception {
        Files.writeString(bmap, BlockMapTest.map(12 * MIB, range(0, 5 * MIB), "<Range chksum=\"" + "0".repeat(64) + "\">1536-1791</Range>"));
        Path card = folder.resolve("card");
        assertThatThrownBy(() -> flash(card, List.of())).isInstanceOf(ImageException.class).hasMessageContaining("not what the block map says");
        assertThat(slice(card, 0)).containsOnly(0);
    }

    @Test
    void aBlockMapThatBrokeOffIsRefusedBeforeAnythingIsWritten() throws Exception {
        String map = Files.readString(bmap);
        Path card = Files.writeString(folder.resolve("card"), "precious");
        for (int length : List.of(0, 20, map.indexOf("<Range"), map.lastIndexOf("<Range"), map.indexOf("</bmap>"))) {
            Files.writeString(bmap, map.substring(0, length));
            assertThatThrownBy(() -> flash(card, List.of())).as("the first %s bytes", length).isInstanceOf(ImageException.class)
                    .hasMessageContaining("block map").hasMessageContaining("get it again, or delete it to write the whole image");
        }
        assertThat(card).hasContent("precious");
        Files.delete(bmap);
        flash(card, List.of());
        assertThat(Files.mismatch(card, raw)).isEqualTo(-1);
    }

    @Test
    void aWellFormedBlockMapThatLeavesSomethingOutIsRefused() throws Exception {
        Files.writeString(bmap, BlockMapTest.map(12 * MIB, range(0, 5 * MIB), range(12 * MIB - 4096 * 9, 12 * MIB)));
        Path card = folder.resolve("card");
        assertThatThrownBy(() -> flash(card, List.of())).isInstanceOf(ImageException.class).hasMessageContaining("that its block map does not name");
        assertThat(slice(card, 0)).containsOnly(0);
        Files.writeString(bmap, BlockMapTest.map(12 * MIB, range(0, 5 * MIB), range(6 * MIB, 7 * MIB)));
        assertThatThrownBy(() -> flash(card, List.of())).hasMessageContaining("that its block map does not name");
        Files.writeString(bmap, BlockMapTest.map(11 * MIB, range(0, 5 * MIB), range(6 * MIB, 7 * MIB)));
        assertThatThrownBy(() -> flash(card, List.of())).hasMessageContaining("has more than the " + 11 * MIB + " bytes");
        Files.writeString(bmap, BlockMapTest.map(13 * MIB, range(0, 5 * MIB), range(6 * MIB, 7 * MIB), range(12 * MIB - 4096 * 9, 12 * MIB)));
        assertThatThrownBy(() -> flash(card, List.of())).hasMessageContaining("ends after " + 12 * MIB + " bytes");
        assertThat(slice(card, 0)).containsOnly(0);
    }

    @Test
    void theChecksumsCoverTheBlockMapWhereTheyNameIt() throws Exception {
        sh("cd " + folder + " && sha256sum skerry-test.img.bmap >> skerry-test.img.zst.sha256");
        Path card = folder.resolve("card");
        flash(card, List.of());
        // Right in itself and for the image, but it maps all: not the one that was published.
        Files.writeString(bmap, BlockMapTest.map(12 * MIB, range(0, 12 * MIB)));
        assertThatThrownBy(() -> flash(card, List.of())).isInstanceOf(ImageException.class).hasMessageContaining(bmap + " is damaged");
    }

    @Test
    void whatIsNoDiskImageIsNotWritten() throws Exception {
        Path packed = Files.copy(image, folder.resolve("packed.img"));
        Path card = Files.writeString(folder.resolve("card"), "as it was");
        assertThatThrownBy(() -> new Flasher(new Flasher.Job(packed, card, null, null, false, true), ServerFlags.UNKNOWN, out(), false, null).run(List.of()))
                .isInstanceOf(ImageException.class).hasMessageContaining("packed.img does not begin with a partition table").hasMessageContaining("must be named .zst");
        assertThat(card).hasContent("as it was");
    }

    @Test
    void aCutImageIsRefused() throws Exception {
        Files.delete(folder.resolve("skerry-test.img.zst.sha256"));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(file.length() - 100);
        }
        Path card = folder.resolve("card");
        assertThatThrownBy(() -> flash(card, List.of())).isInstanceOf(ImageException.class).hasMessageContaining("cannot be unpacked");
        assertThat(slice(card, 0)).containsOnly(0);
    }

    @Test
    void aCardThatGivesBackSomethingElseIsFound() throws Exception {
        ImageSource source = new ImageSource(image);
        CardWriter writer = new CardWriter(source, source.blockMap(), out(), false);
        Path card = folder.resolve("card");
        byte[] written = writer.write(Target.of(card));
        writer.verify(card, written);
        try (RandomAccessFile file = new RandomAccessFile(card.toFile(), "rw")) {
            file.seek(6 * MIB + 12345);
            int was = file.read();
            file.seek(6 * MIB + 12345);
            file.write(was ^ 1);
        }
        assertThatThrownBy(() -> writer.verify(card, written)).isInstanceOf(ImageException.class).hasMessageContaining("does not give back");
    }

    @Test
    void withAKeyTheSignatureMustBeGood() throws Exception {
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path key = pem("trusted.pem", keys);
        Path card = folder.resolve("card");
        assertThatThrownBy(() -> flashSigned(card, key)).hasMessageContaining("there is no").hasMessageContaining(".sig");
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(keys.getPrivate());
        signer.update(Files.readAllBytes(folder.resolve("skerry-test.img.zst.sha256")));
        Files.writeString(folder.resolve("skerry-test.img.zst.sig"), Base64.getEncoder().encodeToString(signer.sign()));
        Path other = pem("other.pem", KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
        assertThatThrownBy(() -> flashSigned(card, other)).hasMessageContaining("is not a signature");
        assertThat(card).doesNotExist();
        flashSigned(card, key);
        assertThat(slice(card, 6)).isEqualTo(slice(raw, 6));
    }

    @Test
    void linksAreFollowed() throws Exception {
        Path links = Files.createDirectory(folder.resolve("links"));
        for (String suffix : List.of(".img.zst", ".img.zst.sha256", ".img.bmap")) {
            Files.createSymbolicLink(links.resolve("latest" + suffix), folder.resolve("skerry-test" + suffix));
        }
        Path card = folder.resolve("card");
        new Flasher(new Flasher.Job(links.resolve("latest.img.zst"), card, null, null, false, true), ServerFlags.UNKNOWN, out(), false, null).run(List.of());
        assertThat(slice(card, 6)).isEqualTo(slice(raw, 6));
    }

    @Test
    void theNameMustBeTyped() throws Exception {
        Path card = Files.writeString(folder.resolve("card"), "precious");
        assertThatThrownBy(() -> asked(card, "yes")).hasMessageContaining("nothing was written");
        assertThatThrownBy(() -> asked(card, null)).hasMessageContaining("--yes");
        assertThat(card).hasContent("precious");
        asked(card, "card");
        assertThat(slice(card, 6)).isEqualTo(slice(raw, 6));
    }

    @Test
    void aDiskThatIsNotThereIsRefusedAndNotMade() {
        Path disk = Path.of("/dev/skerry-no-such-disk");
        assertThatThrownBy(() -> flash(disk, List.of())).isInstanceOf(ImageException.class).hasMessageContaining("there is no disk " + disk);
        assertThat(disk).doesNotExist();
        assertThat(said.toString(StandardCharsets.UTF_8)).doesNotContain("ready");
    }

    @Test
    void whatChangedWhileThePersonWasAskedIsNotWrittenTo() throws Exception {
        Path card = Files.writeString(folder.resolve("card"), "precious");
        assertThatThrownBy(() -> new Flasher(new Flasher.Job(image, card, null, null, false, true), ServerFlags.UNKNOWN, out(), false, question -> {
            try {
                Files.writeString(card, "something else");
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return "card";
        }).run(List.of())).isInstanceOf(ImageException.class).hasMessageContaining("is not what it was when you were asked");
        assertThat(card).hasContent("something else");
    }

    @Test
    void anImageOfYoctoIsTakenToo() throws Exception {
        Path wic = Files.move(image, folder.resolve("skerry-image.rootfs.wic.zst"));
        Files.move(folder.resolve("skerry-test.img.bmap"), folder.resolve("skerry-image.rootfs.wic.bmap"));
        Path card = folder.resolve("card");
        new Flasher(new Flasher.Job(wic, card, null, null, false, true), ServerFlags.UNKNOWN, out(), false, null).run(List.of());
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("of 6.3 MB");
        assertThat(slice(card, 6)).isEqualTo(slice(raw, 6));
    }

    @Test
    void wrongArgumentsAreNamed() throws Exception {
        assertThatThrownBy(() -> flash(folder.resolve("skerry-test.img.zst"), List.of())).hasMessageContaining("is the image itself");
        assertThatThrownBy(() -> flash(folder, List.of())).hasMessageContaining("is a folder");
        Path text = Files.writeString(folder.resolve("notes.txt"), "x");
        assertThatThrownBy(() -> new Flasher(new Flasher.Job(text, folder.resolve("card"), null, null, false, true), ServerFlags.UNKNOWN, out(), false, null).run(List.of())).hasMessageContaining("does not look like");
    }

    private void flash(Path target, List<CardIdentity> cards) throws Exception {
        new Flasher(new Flasher.Job(image, target, null, null, false, true), ServerFlags.UNKNOWN, out(), false, null).run(cards);
    }

    private void flashSigned(Path target, Path key) throws Exception {
        new Flasher(new Flasher.Job(image, target, null, key, false, true), ServerFlags.UNKNOWN, out(), false, null).run(List.of());
    }

    private void asked(Path target, String answer) throws Exception {
        new Flasher(new Flasher.Job(image, target, null, null, false, true), ServerFlags.UNKNOWN, out(), false, question -> {
            assertThat(question).contains(target.toString()).contains("Type card");
            return answer;
        }).run(List.of());
    }

    private PrintStream out() {
        return new PrintStream(said, true, StandardCharsets.UTF_8);
    }

    private Path pem(String name, KeyPair keys) throws Exception {
        return Files.writeString(folder.resolve(name), "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded()) + "\n-----END PUBLIC KEY-----\n");
    }

    private String range(int start, int end) throws Exception {
        byte[] content = new byte[end - start];
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "r")) {
            file.seek(start);
            file.readFully(content);
        }
        String sum = java.util.HexFormat.of().formatHex(Digests.sha256().digest(content));
        return "<Range chksum=\"" + sum + "\">" + start / 4096 + "-" + (end / 4096 - 1) + "</Range>";
    }

    private static byte[] slice(Path file, int mib) throws Exception {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] bytes = new byte[MIB];
            in.seek((long) mib * MIB);
            in.readFully(bytes);
            return bytes;
        }
    }

    private static void sh(String script) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("bash", "-ec", "PATH=$PATH:/usr/sbin:/sbin; " + script).redirectErrorStream(true);
        builder.environment().put("MTOOLS_SKIP_CHECK", "1");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
    }
}
