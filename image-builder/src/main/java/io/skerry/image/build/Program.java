package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.layout.DeviceLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The {@code skerry} that goes into an image: a native binary, or a build for the JVM with a Java of its own. */
final class Program {
    private Program() {}

    /** @throws ImageException when the board cannot run it */
    static void check(Path program, Board board) {
        if (JavaProgram.isOne(program)) {
            if (!Files.exists(program.resolve(JavaProgram.MARK))) {
                throw new ImageException(program + " is a folder, but not of a build for the JVM: it has no " + JavaProgram.MARK);
            }
            return;
        }
        byte[] head = new byte[64];
        try (var in = Files.newInputStream(program)) {
            in.readNBytes(head, 0, head.length);
        } catch (IOException e) {
            throw new ImageException("cannot read the program " + program + ": " + e.getMessage() + "; name a native skerry with --binary", e);
        }
        boolean script = head[0] == '#' && head[1] == '!';
        if (!script) {
            int machine = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getShort(18);
            String arch = machine == 62 ? "amd64" : machine == 183 ? "arm64" : "another processor";
            if (head[0] != 0x7f || head[1] != 'E') {
                throw new ImageException(program + " is not a program for Linux; name a native skerry with --binary");
            }
            if (!arch.equals(board.arch())) {
                throw new ImageException(program + " is for " + arch + ", and " + board.name() + " is " + board.arch()
                        + ": name with --binary one that was built natively on such a machine, or the folder of a build for the JVM (appliance/target/quarkus-app)");
            }
        }
    }

    /** Packages that it needs beside the board's, to be linked. */
    static List<String> linked(Path program) {
        return JavaProgram.isOne(program) ? List.of(JavaRuntime.PACKAGE) : List.of();
    }

    /** SHA-256, hexadecimal. */
    static String digest(Path program) throws IOException {
        return JavaProgram.isOne(program) ? JavaProgram.read(program).digest() : Digests.sha256(program);
    }

    /** Puts it into the image, to be started as {@link DeviceLayout#BINARY}. */
    static void add(FileTree tree, ImageOptions options, Lock lock, String arch, Map<Lock.Package, Path> debs, Path work) throws IOException {
        if (!JavaProgram.isOne(options.program())) {
            tree.put(DeviceLayout.BINARY, FileTree.Entry.file(0755, FileTree.Content.of(options.program())));
            return;
        }
        Lock.Package jdk = lock.used(Lock.Use.LINK).stream().findFirst().orElseThrow(() -> new ImageException(
                "the lock is of an image with a native skerry and names no JDK; make a new lock by building without --lock, or name the native skerry with --binary"));
        JavaProgram program = JavaProgram.read(options.program());
        JavaRuntime.add(tree, JavaRuntime.link(options.cache(), debs.get(jdk), program));
        program.add(tree, arch, options.version() + " " + jdk.sha256(), work);
        tree.addFolder(options.overlays().resolve("common/jvm"), "");
    }

    /** @throws ImageException when something of the system that it needs is not in the image */
    static void checkLibraries(FileTree tree, Path program) throws IOException {
        if (JavaProgram.isOne(program)) {
            JavaRuntime.check(tree);
        }
    }
}
