package io.skerry.appliance.config;

import io.skerry.appliance.UserError;

/** Ports from first to last, both included, written {@code 30000-32767}. */
public record PortRange(int first, int last) {
    /** @throws UserError naming the flag when the text is not such a range */
    public static PortRange parse(String flag, String text) {
        try {
            int dash = text.indexOf('-');
            PortRange range = new PortRange(Integer.parseInt(text.substring(0, dash)), Integer.parseInt(text.substring(dash + 1)));
            if (range.first >= 1 && range.first <= range.last && range.last <= 65535) {
                return range;
            }
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            // Said below, in the user's terms.
        }
        throw new UserError(flag + " '" + text + "' is not a range of ports; write for example 30000-32767");
    }
}
