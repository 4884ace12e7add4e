package io.skerry.appliance.config;

import io.skerry.appliance.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file with one line, {@code username:password}; a line without a colon is a token. */
public record CredentialsFile(String username, String secret) {
    /** @throws UserError naming the file when it cannot be read or is empty */
    public static CredentialsFile read(Path file) {
        String line;
        try {
            line = Files.readString(file).strip();
        } catch (IOException e) {
            throw new UserError("cannot read the credentials file " + file + ": " + e.getMessage(), e);
        }
        if (line.isEmpty() || line.contains("\n")) {
            throw new UserError("the credentials file " + file + " must hold one line, username:password or a token");
        }
        int colon = line.indexOf(':');
        return colon < 0 ? new CredentialsFile("", line) : new CredentialsFile(line.substring(0, colon), line.substring(colon + 1));
    }

    @Override
    public String toString() {
        return "CredentialsFile[" + username + "]";
    }
}
