package io.skerry.appliance.os;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where an OS update file comes from. */
interface ImageSource {
    /**
     * The file's bytes from an offset on. Always the same file's: an implementation that finds it changed says so.
     *
     * @throws IOException when it cannot be had now
     */
    InputStream open(long offset) throws IOException;

    /** @return the validator that tells whether a later {@link #open} is still of the same file; "" when there is none */
    default String validator() {
        return "";
    }

    /** Whether breaking off and going on later may help, as with a network. */
    boolean remote();

    static ImageSource file(Path file) {
        return new ImageSource() {
            @Override
            public InputStream open(long offset) throws IOException {
                if (!Files.isRegularFile(file)) {
                    throw new IOException("there is no file " + file);
                }
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                return Channels.newInputStream(channel.position(offset));
            }

            @Override
            public boolean remote() {
                return false;
            }

            @Override
            public String toString() {
                return file.toString();
            }
        };
    }
}
