package io.skerry.image.build;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The {@code skerry} that goes into an image: a native binary. */
final class Program {
    private Program() {}

    /** @throws ImageException when the board cannot run it */
    static void check(Path program, Board board) {
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
                        + ": build skerry natively on such a machine, and name that binary with --binary");
            }
        }
    }

    /** Puts it at {@link io.skerry.image.layout.DeviceLayout#BINARY}. */
    static void add(FileTree tree, Path program) throws IOException {
        tree.put(io.skerry.image.layout.DeviceLayout.BINARY, FileTree.Entry.file(0755, FileTree.Content.of(program)));
    }
}
