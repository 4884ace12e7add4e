package io.skerry.appliance.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The units that overlays/common lays over the root, read by systemd's own parser. */
class UnitsTest {
    private static final Path ROOT = Path.of("../overlays/common/root");
    private static final Path UNITS = ROOT.resolve("usr/lib/systemd/system");

    @TempDir
    Path folder;

    private static List<Path> units() throws IOException {
        try (Stream<Path> all = Files.list(UNITS)) {
            return all.filter(file -> file.toString().matches(".*\\.(service|timer)")).sorted().toList();
        }
    }

    @Test
    void systemdReadsThemWithoutComplaint() throws Exception {
        List<String> command = new ArrayList<>(List.of("env", "SYSTEMD_UNIT_PATH=" + folder + ":", "systemd-analyze", "verify", "--man=no", "--recursive-errors=no"));
        Files.writeString(folder.resolve("var-lib-skerry.mount"), "[Mount]\nWhat=/dev/null\nWhere=/var/lib/skerry\n");
        for (Path unit : units()) {
            Path copy = folder.resolve(unit.getFileName());
            // The program is not on this machine.
            Files.writeString(copy, Files.readString(unit).replace("=/usr/bin/skerry", "=/bin/true"));
            command.add(copy.toString());
        }
        assertThat(Command.run(Duration.ofMinutes(1), command.toArray(String[]::new))).isEmpty();
    }

    @Test
    void whatTheyRunExists() throws Exception {
        CommandLine skerry = new CommandLine(new io.skerry.appliance.cli.DeviceCommand());
        Pattern device = Pattern.compile("^Exec(?:Start|Stop)=/usr/bin/skerry device ([a-z-]+)", Pattern.MULTILINE);
        List<String> found = new ArrayList<>();
        for (Path unit : units()) {
            Matcher matcher = device.matcher(Files.readString(unit));
            while (matcher.find()) {
                found.add(matcher.group(1));
            }
        }
        assertThat(found).contains("boot", "save-clock", "usb");
        assertThat(skerry.getSubcommands().keySet()).containsAll(found);
    }

    /** A boot that is stopped while it grows the card would go on without its settings. */
    @Test
    void aBootMayTakeAsLongAsItsSteps() throws Exception {
        Matcher limit = Pattern.compile("^TimeoutStartSec=(\\d+)min$", Pattern.MULTILINE).matcher(Files.readString(UNITS.resolve("skerry-device.service")));
        assertThat(limit.find()).isTrue();
        // Besides: the TPM, the ssh server's key, users, links of files, a minute each at most but the users, half of one each.
        assertThat(Duration.ofMinutes(Long.parseLong(limit.group(1)))).isGreaterThan(DataPartition.LONGEST.plusMinutes(10));
    }

    /** Each boot by EFI is looked at by one of two units, and only in one that counts a failure of theirs is one try less. */
    @Test
    void aBootByEfiIsWatchedCountedOrNot() throws Exception {
        String counted = Files.readString(UNITS.resolve("skerry-os-trial.service"));
        String uncounted = Files.readString(UNITS.resolve("skerry-os-uncounted.service"));
        Matcher variable = Pattern.compile("^ConditionPathExists=\\|(/sys/firmware/efi/efivars/LoaderBootCountPath-.*)$", Pattern.MULTILINE).matcher(counted);
        assertThat(variable.find()).isTrue();
        assertThat(uncounted.lines().filter(line -> line.startsWith("Condition"))).containsExactly("ConditionPathExists=/sys/firmware/efi", "ConditionPathExists=!" + variable.group(1));
        assertThat(List.of(counted, uncounted)).allSatisfy(unit -> assertThat(unit.lines()).contains("ExecStart=/usr/bin/skerry os trial"));
        assertThat(counted).contains("\nFailureAction=reboot\n");
        assertThat(uncounted).doesNotContain("FailureAction=");
    }

    /** It would have sshd listen on a local socket and, in virtual machines, on vsock: with and without keys (systemd-ssh-generator(8)). */
    @Test
    void systemdsOwnSshSocketsAreMasked() throws Exception {
        assertThat(Files.readSymbolicLink(ROOT.resolve("etc/systemd/system-generators/systemd-ssh-generator"))).isEqualTo(Path.of("/dev/null"));
    }

    @Test
    void everyUnitOfOursThatIsToStartIsEnabled() throws Exception {
        List<String> enabled = new ArrayList<>();
        try (Stream<Path> tree = Files.walk(UNITS)) {
            for (Path link : tree.filter(Files::isSymbolicLink).toList()) {
                String name = link.getFileName().toString();
                assertThat(Files.readSymbolicLink(link)).isEqualTo(Path.of("..", name));
                if (name.startsWith("skerry")) {
                    assertThat(UNITS.resolve(name)).exists();
                    enabled.add(name);
                }
            }
        }
        assertThat(enabled).contains("skerry.service", "skerry-device.service", "skerry-clock.timer", "skerry-usb-resume.service", "skerry-os-trial.service", "skerry-os-uncounted.service");
        assertThat(Files.readString(ROOT.resolve("usr/lib/udev/rules.d/90-skerry-usb.rules"))).contains("skerry-usb@%k.service");
        assertThat(Files.exists(UNITS.resolve("skerry-usb@.service"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
}
