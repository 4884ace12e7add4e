package io.skerry.appliance.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
    @TempDir
    Path folder;

    @Test
    void aPortInUseIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            ServerOptions options = options();
            options.httpsListenPort = taken.getLocalPort();
            assertThatThrownBy(() -> Preflight.check(options)).isInstanceOf(UserError.class)
                    .hasMessageContaining("port " + taken.getLocalPort()).hasMessageContaining("--https-listen-port");
        }
    }

    @Test
    void aDataFolderThatIsAFileIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "here first");
        assertThatThrownBy(() -> Preflight.folder(file, "data folder", "--data-dir")).isInstanceOf(UserError.class)
                .hasMessage("cannot use the data folder " + file + ": it is not a folder; choose another with --data-dir");
        assertThat(file).hasContent("here first");
    }

    @Test
    void aUsableFolderIsLeftEmpty() throws IOException {
        Preflight.folder(folder.resolve("new/data"), "data folder", "--data-dir");
        try (Stream<Path> files = Files.list(folder.resolve("new/data"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void missingProgramsAreNamedWithTheirPackages() {
        assertThatCode(() -> Preflight.programs(System.getenv("PATH"))).doesNotThrowAnyException();
        assertThatThrownBy(() -> Preflight.programs(folder.toString())).isInstanceOf(UserError.class)
                .hasMessageContaining("containerd").hasMessageContaining("apt-get install containerd");
    }

    @Test
    void aRunFolderTooLongForSocketsIsRefused() {
        ServerOptions options = options();
        options.runDir = folder.resolve("x".repeat(100));
        assertThatThrownBy(() -> Preflight.check(options)).isInstanceOf(UserError.class).hasMessageContaining("--run-dir");
    }

    private ServerOptions options() {
        ServerOptions options = new ServerOptions();
        options.dataDir = folder.resolve("data");
        options.runDir = folder.resolve("run");
        options.bindAddress = "127.0.0.1";
        options.httpsListenPort = 1;
        return options;
    }
}
