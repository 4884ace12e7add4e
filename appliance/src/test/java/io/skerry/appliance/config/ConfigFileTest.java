package io.skerry.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
    private static final Set<String> KEYS = Set.of("data-dir", "node-label", "https-listen-port");

    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void file() {
        file = folder.resolve("config.yaml");
    }

    @Test
    void scalarsAndLists() throws IOException {
        Files.writeString(file, "data-dir: /data\nhttps-listen-port: 7443\nnode-label:\n- a=1\n- b=2\n");
        ConfigFile config = ConfigFile.read(file, KEYS, true);
        assertThat(config.values("data-dir")).containsExactly("/data");
        assertThat(config.values("https-listen-port")).containsExactly("7443");
        assertThat(config.values("node-label")).containsExactly("a=1", "b=2");
        assertThat(config.values("absent")).isEmpty();
    }

    @Test
    void anUnknownKeyIsNamedWithItsLine() throws IOException {
        Files.writeString(file, "data-dir: /data\n\ndata-dri: /tmp\n");
        assertThatThrownBy(() -> ConfigFile.read(file, KEYS, true)).isInstanceOf(UserError.class)
                .hasMessageStartingWith(file + ":3: unknown key 'data-dri'");
    }

    @Test
    void brokenYamlIsNamedWithItsLine() throws IOException {
        Files.writeString(file, "data-dir: /data\nnode-label: [a=1\n");
        assertThatThrownBy(() -> ConfigFile.read(file, KEYS, true)).isInstanceOf(UserError.class)
                .hasMessageStartingWith(file + ":").message().doesNotContain("\n");
    }

    @Test
    void nestedValuesAreRefused() throws IOException {
        Files.writeString(file, "node-label:\n  a: 1\n");
        assertThatThrownBy(() -> ConfigFile.read(file, KEYS, true)).isInstanceOf(UserError.class)
                .hasMessageContaining("node-label must be a value or a list of values");
    }

    @Test
    void theDefaultFileMayBeAbsentButANamedOneMustNot() {
        assertThat(ConfigFile.read(file, KEYS, false)).isSameAs(ConfigFile.EMPTY);
        assertThatThrownBy(() -> ConfigFile.read(file, KEYS, true)).isInstanceOf(UserError.class)
                .hasMessage("the configuration file " + file + " does not exist");
    }
}
