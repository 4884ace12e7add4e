package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person can get wrong when starting the server: one line that says so, exit code not 0, nothing half-started left. */
class BadInputIT {
    private static final String BRIDGE = "skerrybad0";

    @TempDir
    Path folder;

    @Test
    void anUnknownFlag() throws Exception {
        assertThat(refused(Map.of(), "--no-such-flag")).contains("--no-such-flag").contains("--help");
    }

    @Test
    void anUnknownKeyInTheConfigurationFile() throws Exception {
        Path config = Files.writeString(folder.resolve("config.yaml"), "node-name: a\nnode-nam: b\n");
        assertThat(refused(Map.of(), "--config", config.toString())).contains(config + ":2: unknown key 'node-nam'");
    }

    @Test
    void brokenYamlInTheConfigurationFile() throws Exception {
        Path config = Files.writeString(folder.resolve("config.yaml"), "node-name: a\n  disable: [\n");
        assertThat(refused(Map.of(), "--config", config.toString())).contains(config + ":2:");
    }

    @Test
    void aNamedConfigurationFileThatIsNotThere() throws Exception {
        assertThat(refused(Map.of(), "--config", folder + "/none.yaml")).contains("none.yaml does not exist");
    }

    @Test
    void aWrongValue() throws Exception {
        assertThat(refused(Map.of(), "--cluster-cidr", "10.42.0.0")).contains("--cluster-cidr").contains("10.42.0.0");
        assertThat(refused(Map.of(), "--fleet-interval", "soon")).contains("--fleet-interval").contains("soon");
        assertThat(refused(Map.of(), "--cluster-dns", "10.99.0.10")).contains("--cluster-dns").contains("--service-cidr");
        assertThat(refused(Map.of("SKERRY_HTTPS_LISTEN_PORT", "many"))).contains("--https-listen-port").contains("many");
    }

    @Test
    void aDataFolderThatIsAFile() throws Exception {
        Path file = Files.writeString(folder.resolve("data"), "here first");
        assertThat(refused(Map.of(), "--data-dir", file.toString())).contains(file.toString()).contains("--data-dir");
        assertThat(file).hasContent("here first");
    }

    @Test
    void aDataFolderOnAReadOnlyFileSystem() throws Exception {
        Path readOnly = Files.createDirectory(folder.resolve("ro"));
        Run.of("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", readOnly.toString()).orFail();
        try {
            assertThat(refused(Map.of(), "--data-dir", readOnly.resolve("data").toString())).contains("Read-only file system").contains("--data-dir");
        } finally {
            Run.of("umount", readOnly.toString()).orFail();
        }
    }

    @Test
    void aDatastoreThatIsNoDatabase() throws Exception {
        Path db = folder.resolve("data/server/db/state.db");
        Files.createDirectories(db.getParent());
        Files.writeString(db, "this is not a database, but somebody's letters to a friend\n".repeat(200));
        assertThat(refused(Map.of())).contains(db.toString());
        assertThat(db).content().startsWith("this is not a database");
    }

    @Test
    void aPortInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("0.0.0.0"))) {
            assertThat(refused(Map.of(), "--https-listen-port", String.valueOf(taken.getLocalPort())))
                    .contains("port " + taken.getLocalPort()).contains("in use");
        }
    }

    @Test
    void aMissingPackage() throws Exception {
        Path bin = Files.createDirectory(folder.resolve("bin"));
        for (String program : List.of("bash", "env", "dirname", "id", "grep")) {
            Files.createSymbolicLink(bin.resolve(program), Path.of("/usr/bin", program));
        }
        assertThat(refused(Map.of("PATH", bin.toString(), "JAVA_HOME", System.getProperty("java.home"))))
                .contains("not installed: containerd").contains("apt-get install containerd");
    }

    @Test
    void notBeingRoot() throws Exception {
        // A copy that anybody may read, as the checkout may be root's own.
        Path copy = Files.createTempDirectory("skerry-any-");
        Optional<Path> binary = SkerryServer.binary();
        try {
            Run.of("cp", "-r", binary.orElse(Layout.checkout().resolve("appliance/target/quarkus-app")).toString(), copy.toString()).orFail();
            Run.of("chmod", "-R", "a+rX", copy.toString()).orFail();
            List<String> command = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
            command.addAll(binary.map(path -> List.of(copy.resolve(path.getFileName()).toString()))
                    .orElse(List.of(System.getProperty("java.home") + "/bin/java", "-jar", copy + "/quarkus-app/quarkus-run.jar")));
            command.addAll(List.of("server", "--data-dir", "/tmp/skerry-nobody"));
            Run run = Run.of(Map.of(), copy, "", Duration.ofMinutes(1), command);
            assertThat(oneLine(run)).contains("must be run as root");
        } finally {
            Down.delete(copy);
        }
    }

    /** Starts the server with what is wrong; the answer is the one line it said. */
    private String refused(Map<String, String> environment, String... flags) throws Exception {
        MachineState before = MachineState.now();
        List<String> command = new ArrayList<>(List.of(SkerryServer.launcher().toString(), "server", "--run-dir", folder.resolve("run").toString(),
                "--bridge", BRIDGE));
        if (!List.of(flags).contains("--data-dir")) {
            command.addAll(List.of("--data-dir", folder.resolve("data").toString()));
        }
        if (!List.of(flags).contains("--https-listen-port") && !environment.containsKey("SKERRY_HTTPS_LISTEN_PORT")) {
            command.addAll(List.of("--https-listen-port", String.valueOf(Ports.free())));
        }
        command.addAll(List.of(flags));
        Run run = Run.of(environment, null, "", Duration.ofMinutes(1), command);
        MachineState.now().requireNothingBeyond(before, each -> each.contains(folder.toString()) || each.contains(BRIDGE));
        return oneLine(run);
    }

    private static String oneLine(Run run) {
        assertThat(run.exitCode()).as(run.err()).isNotZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err().strip()).as("one line").isNotEmpty().doesNotContain("\n");
        return run.err();
    }
}
