package io.skerry.image.settings;

/**
 * One thing that is wrong in a settings file.
 *
 * @param file    as the user named it
 * @param line    1-based
 * @param path    dotted, such as {@code network.interfaces.eth0.addresses[0]}; empty for the whole file
 * @param message what is wrong and what is allowed
 */
public record Problem(String file, int line, String path, String message) {
    @Override
    public String toString() {
        return file + ":" + line + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
