package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.build.FileTree.Content;
import io.skerry.image.build.FileTree.Entry;
import io.skerry.image.build.FileTree.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
    @TempDir
    Path folder;
    private final FileTree tree = new FileTree();

    @BeforeEach
    void mergedUsr() {
        tree.put("usr/bin", Entry.folder(0755));
        tree.put("bin", Entry.symlink("usr/bin"));
    }

    @Test
    void patternsMeetNamesInAnyLanguage() {
        FileTree tree = new FileTree();
        tree.addText("etc/ssl/certs/F\u0151tan\u00fas\u00edtv\u00e1ny.pem", "");
        tree.addText("etc/ssl/certs/plain.pem", "");
        tree.addText("etc/ssl/openssl.cnf", "");
        assertThat(tree.matching("etc/ssl/certs/*.pem")).hasSize(2);
        assertThat(tree.matching("etc/ssl/*")).containsExactly("etc/ssl/certs", "etc/ssl/openssl.cnf");
    }

    @Test
    void filesGoThroughLinksOfFolders() throws Exception {
        tree.addText("bin/tool", "one");
        assertThat(tree.entries()).containsKey("usr/bin/tool").doesNotContainKey("bin/tool");
        assertThat(tree.read("/bin/tool")).isEqualTo("one".getBytes());
        // A package that still ships /bin as a folder does not undo the merge.
        tree.put("bin", Entry.folder(0755));
        assertThat(tree.entries().get("bin").kind()).isEqualTo(Kind.SYMLINK);
    }

    @Test
    void refusesToWriteBehindALinkToNothing() {
        tree.put("lib64", Entry.symlink("usr/lib64"));
        assertThatThrownBy(() -> tree.addText("lib64/ld.so", "")).hasMessageContaining("leads nowhere");
    }

    @Test
    void theOtherNameOfARemovedFileKeepsItsContent() throws Exception {
        tree.addText("usr/bin/first", "content");
        tree.put("usr/bin/second", new Entry(Kind.HARDLINK, 0644, 0, 0, "usr/bin/first", null, 0, 0, Map.of()));
        tree.put("usr/bin/third", new Entry(Kind.HARDLINK, 0644, 0, 0, "usr/bin/first", null, 0, 0, Map.of()));
        tree.remove("usr/bin/first");
        assertThat(tree.entries().get("usr/bin/second").kind()).isEqualTo(Kind.FILE);
        assertThat(tree.entries().get("usr/bin/third").target()).isEqualTo("usr/bin/second");
        assertThat(tree.read("usr/bin/third")).isEqualTo("content".getBytes());
    }

    @Test
    void removingAFolderLeavesItsNeighbours() {
        tree.addText("etc/apt/sources.list", "");
        tree.addText("etc/apt-listchanges", "");
        tree.remove("etc/apt");
        assertThat(tree.entries().keySet()).contains("etc/apt-listchanges").noneMatch(path -> path.startsWith("etc/apt/"));
    }

    @Test
    void aTarKeepsOwnersModesDevicesAndCapabilities() throws Exception {
        tree.put("usr/bin/ping", new Entry(Kind.FILE, 04755, 12, 34, null, Content.of("x".getBytes()), 0, 0, Map.of("SCHILY.xattr.security.capability", "abc")));
        tree.put("dev/null", new Entry(Kind.CHARACTER, 0666, 0, 0, null, null, 1, 3, Map.of()));
        tree.put("usr/bin/also", new Entry(Kind.HARDLINK, 04755, 12, 34, "usr/bin/ping", null, 0, 0, Map.of()));
        byte[] once = tar(tree);
        assertThat(tar(tree)).isEqualTo(once);
        Path file = Files.write(folder.resolve("tree.tar"), once);
        try (TarFile read = new TarFile(file.toFile())) {
            FileTree again = new FileTree();
            again.addTar(read);
            assertThat(again.entries().keySet()).isEqualTo(tree.entries().keySet());
            Entry ping = again.entries().get("usr/bin/ping");
            assertThat(ping.mode()).isEqualTo(04755);
            assertThat(ping.uid()).isEqualTo(12);
            assertThat(ping.gid()).isEqualTo(34);
            assertThat(ping.attributes()).containsEntry("SCHILY.xattr.security.capability", "abc");
            assertThat(again.entries().get("dev/null").minor()).isEqualTo(3);
            assertThat(again.read("usr/bin/also")).isEqualTo("x".getBytes());
            assertThat(tar(again)).isEqualTo(once);
        }
    }

    private static byte[] tar(FileTree tree) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        tree.writeTar(out, 1_000_000_000);
        return out.toByteArray();
    }
}
