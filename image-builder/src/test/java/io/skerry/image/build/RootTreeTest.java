package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.build.FileTree.Kind;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.Settings;
import io.skerry.image.settings.SettingsFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What image.yaml's section {@code build} puts into the root file system. */
class RootTreeTest {
    @TempDir
    Path folder;
    private final FileTree tree = new FileTree();

    private void add(String build) throws Exception {
        Settings settings = SettingsFile.ofImage(ServerFlags.UNKNOWN).parse(("build: " + build).getBytes(StandardCharsets.UTF_8), "image.yaml");
        new RootTree(tree, Board.read(Path.of("../overlays"), "generic-amd64", List.of())).addSettings(settings.build(), folder);
    }

    private void file(String name, String content, String mode) throws Exception {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.setPosixFilePermissions(Files.writeString(file, content), PosixFilePermissions.fromString(mode));
    }

    private int mode(String path) {
        return tree.entries().get(path).mode();
    }

    @Test
    void aFileHasItsOwnModeOrTheOneThatIsGiven() throws Exception {
        file("tool", "one", "rwxr-x---");
        add("{files: [{path: /usr/bin/tool, source: tool}, {path: /etc/tool, source: tool, mode: '0600'}, {path: /etc/motd, content: hi}]}");
        assertThat(tree.read("usr/bin/tool")).asString().isEqualTo("one");
        assertThat(mode("usr/bin/tool")).isEqualTo(0750);
        assertThat(mode("etc/tool")).isEqualTo(0600);
        assertThat(mode("etc/motd")).isEqualTo(0644);
        assertThat(tree.entries().get("usr/bin/tool").uid()).isZero();
    }

    @Test
    void aFolderComesWithAllThatIsInIt() throws Exception {
        file("site/run.sh", "run", "rwxr-xr-x");
        file("site/conf.d/a.conf", "a", "rw-r-----");
        Files.createDirectories(folder.resolve("site/empty"));
        Files.createSymbolicLink(folder.resolve("site/current"), Path.of("conf.d/a.conf"));
        tree.addText("etc/site/old.conf", "old");
        add("{files: [{path: /etc/site, source: site}]}");
        assertThat(mode("etc/site/run.sh")).isEqualTo(0755);
        assertThat(mode("etc/site/conf.d/a.conf")).isEqualTo(0640);
        assertThat(tree.entries().get("etc/site/empty").kind()).isEqualTo(Kind.FOLDER);
        assertThat(tree.entries().get("etc/site/current").kind()).isEqualTo(Kind.SYMLINK);
        assertThat(tree.read("etc/site/current")).asString().isEqualTo("a");
        assertThat(tree.read("etc/site/old.conf")).asString().isEqualTo("old");
    }

    @Test
    void chartsAndContainerImagesGoWhereTheDeviceLooks() throws Exception {
        file("web-1.0.0.tgz", "chart", "rw-r--r--");
        file("web.tar", "image", "rw-r--r--");
        add("{charts: [web-1.0.0.tgz], images: [web.tar]}");
        assertThat(tree.read(DeviceLayout.PRELOADED_CHARTS_DIR + "/web-1.0.0.tgz")).asString().isEqualTo("chart");
        assertThat(tree.read(DeviceLayout.PRELOADED_IMAGES_DIR + "/web.tar")).asString().isEqualTo("image");
    }

    @Test
    void whatIsNotThereIsNamed() {
        assertThatThrownBy(() -> add("{files: [{path: /etc/x, source: nothing}]}")).hasMessage("build.files: there is neither a file nor a folder " + folder.resolve("nothing"));
        assertThatThrownBy(() -> add("{charts: [web.tgz]}")).hasMessage("build.charts: there is no file " + folder.resolve("web.tgz"));
    }
}
