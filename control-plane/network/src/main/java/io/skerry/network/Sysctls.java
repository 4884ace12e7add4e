package io.skerry.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sets kernel parameters of the network, and remembers what they were so that a teardown can put them back. */
public final class Sysctls {

    private final Commands commands;
    private final Path remembered;

    /** @param remembered a folder with a file a parameter */
    public Sysctls(Commands commands, Path remembered) {
        this.commands = commands;
        this.remembered = remembered;
    }

    /** Sets {@code net.a.b} if it has another value. */
    public void set(String name, String value) {
        String before = commands.run("cat", path(name)).strip();
        if (before.equals(value)) {
            return;
        }
        try {
            Files.createDirectories(remembered);
            Path file = remembered.resolve(name);
            if (!Files.exists(file)) {
                Files.writeString(file, before);
            }
        } catch (IOException e) {
            throw new NetworkException("cannot remember sysctl " + name + " in " + remembered + ": " + e.getMessage(), e);
        }
        write(name, value);
    }

    /** Puts back what {@link #set} changed, as far as it still exists. */
    public void restore() {
        if (!Files.isDirectory(remembered)) {
            return;
        }
        try (var files = Files.list(remembered)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (commands.attempt("", "test", "-e", path(name)).exit() == 0) { // a removed interface took its parameters along
                    write(name, Files.readString(file));
                }
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new NetworkException("cannot restore sysctls from " + remembered + ": " + e.getMessage(), e);
        }
    }

    private void write(String name, String value) {
        var result = commands.attempt(value, "tee", path(name));
        if (result.exit() != 0) {
            throw new NetworkException("cannot set sysctl " + name + " to " + value + ": " + result.error().strip());
        }
    }

    private static String path(String name) {
        return "/proc/sys/" + name.replace('.', '/');
    }
}
