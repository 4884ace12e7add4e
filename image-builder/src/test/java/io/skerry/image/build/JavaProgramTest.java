package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaProgramTest {
    private static final List<String> NATIVE = List.of("org/sqlite/native/Linux/aarch64/libsqlitejdbc.so", "org/sqlite/native/Linux/x86_64/libsqlitejdbc.so",
            "org/sqlite/native/Linux-Musl/aarch64/libsqlitejdbc.so", "org/sqlite/native/Mac/aarch64/libsqlitejdbc.dylib", "org/sqlite/native/Windows/x86_64/sqlitejdbc.dll",
            "META-INF/native/libnetty_transport_native_epoll_aarch_64.so", "META-INF/native/libnetty_transport_native_epoll_x86_64.so");

    @TempDir
    Path folder;

    @BeforeEach
    void build() throws IOException {
        Files.writeString(folder.resolve(JavaProgram.MARK), "");
        jar("app/skerry.jar", List.of("META-INF/MANIFEST.MF", "io/skerry/Main.class"));
        jar("lib/main/sqlite.jar", NATIVE);
        jar("lib/boot/runner.jar", List.of("runner.class"));
        jar("quarkus/generated-bytecode.jar", List.of("generated.class"));
        jar("quarkus/transformed-bytecode.jar", List.of("io/skerry/Main.class"));
    }

    private void jar(String path, List<String> names) throws IOException {
        Files.createDirectories(folder.resolve(path).getParent());
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(folder.resolve(path)))) {
            for (String name : names) {
                out.putNextEntry(new ZipEntry(name));
                out.write((path + " " + name).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private FileTree tree(String arch, String identity) throws IOException {
        FileTree tree = new FileTree();
        JavaProgram.read(folder).add(tree, arch, identity, folder);
        return tree;
    }

    @Test
    void whatQuarkusHasChangedComesFirst() throws IOException {
        List<String> arguments = List.of(text(tree("arm64", "1"), JavaProgram.ARGUMENTS).split("\n"));
        assertThat(arguments.get(arguments.indexOf("-cp") + 1)).isEqualTo("/usr/lib/skerry/app/transformed-bytecode.jar:/usr/lib/skerry/app/generated-bytecode.jar"
                + ":/usr/lib/skerry/app/skerry.jar:/usr/lib/skerry/app/sqlite.jar:/usr/lib/skerry/app/runner.jar");
        assertThat(arguments.getLast()).isEqualTo("io.skerry.appliance.Main");
    }

    @Test
    void onlyTheBoardsLibrariesStay() throws IOException {
        for (Map.Entry<String, String> board : Map.of("arm64", "aarch", "amd64", "x86_64").entrySet()) {
            FileTree tree = tree(board.getKey(), "1");
            assertThat(tree.entries().keySet()).filteredOn(path -> path.contains("/native/")).hasSize(2);
            assertThat(text(tree, "usr/lib/skerry/app/native/libsqlitejdbc.so")).contains("/Linux/" + board.getValue());
            assertThat(entries(tree, "sqlite.jar")).isEmpty();
        }
    }

    @Test
    void jarsAreTheSameInsideAndStored() throws IOException {
        FileTree tree = tree("arm64", "1");
        Map<String, String> inside = entries(tree, "skerry.jar");
        assertThat(inside.keySet()).containsExactly("META-INF/MANIFEST.MF", "io/skerry/Main.class");
        assertThat(inside).containsEntry("io/skerry/Main.class", "app/skerry.jar io/skerry/Main.class");
        assertThat(tree.read("usr/lib/skerry/app/skerry.jar")).isEqualTo(tree("arm64", "1").read("usr/lib/skerry/app/skerry.jar"));
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(tree.read("usr/lib/skerry/app/skerry.jar")))) {
            assertThat(zip.getNextEntry().getMethod()).isEqualTo(ZipEntry.STORED);
        }
    }

    @Test
    void aCacheIsNotSharedByImagesThatDiffer() throws IOException {
        String id = text(tree("arm64", "1"), JavaProgram.ID);
        assertThat(id).matches("[0-9a-f]{32}\n").isEqualTo(text(tree("arm64", "1"), JavaProgram.ID)).isNotEqualTo(text(tree("arm64", "2"), JavaProgram.ID));
        jar("lib/main/other.jar", List.of("other.class"));
        assertThat(text(tree("arm64", "1"), JavaProgram.ID)).isNotEqualTo(id);
    }

    @Test
    void anotherFolderIsRefused() throws IOException {
        Files.delete(folder.resolve(JavaProgram.MARK));
        assertThatThrownBy(() -> JavaProgram.read(folder)).hasMessageContaining("is not a build of skerry for the JVM").hasMessageContaining("target/quarkus-app");
    }

    private static String text(FileTree tree, String path) throws IOException {
        return new String(tree.read(path), StandardCharsets.UTF_8);
    }

    private static Map<String, String> entries(FileTree tree, String jar) throws IOException {
        Map<String, String> found = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(tree.read("usr/lib/skerry/app/" + jar)))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                found.put(entry.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return found;
    }
}
