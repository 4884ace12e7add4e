package io.skerry.appliance.config;

import io.skerry.appliance.UserError;

/** File permissions in octal, as chmod takes them. */
public final class FileMode {
    private FileMode() {}

    /**
     * From {@code 0600} to {@code rw-------}.
     *
     * @throws UserError naming the flag when the text is not an octal mode
     */
    public static String parse(String flag, String octal) {
        if (!octal.matches("0?[0-7]{3}")) {
            throw new UserError(flag + " '" + octal + "' is not a file mode; write for example 0600");
        }
        int mode = Integer.parseInt(octal, 8);
        StringBuilder symbols = new StringBuilder(9);
        for (int bit = 8; bit >= 0; bit--) {
            symbols.append((mode >> bit & 1) == 1 ? "xwr".charAt(bit % 3) : '-');
        }
        return symbols.toString();
    }
}
