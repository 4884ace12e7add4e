package io.skerry.apiserver.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One request as it goes over the wire, well-formed or not.
 *
 * @param http2 over HTTP/2, else over HTTP/1.1
 * @param target path and query, as sent
 * @param headers in order; Content-Length is added to them unless one is there
 * @param cutAt the share of the body, in percent, after which the client goes away; 100 for a client that stays
 */
record FuzzRequest(boolean http2, String method, String target, List<Header> headers, byte[] body, int cutAt) {
    record Header(String name, String value) {
    }

    static final byte[] NO_BODY = {};

    /** Its answer may go on for as long as the client listens. */
    boolean streams() {
        return target.contains("watch") || target.contains("follow");
    }

    boolean has(String header) {
        return headers.stream().anyMatch(h -> h.name().equalsIgnoreCase(header));
    }

    /**
     * The text form in which requests are kept: protocol, method and target; headers; an empty line; the body. What is not printable ASCII is
     * written as {@code \xNN}.
     */
    String text() {
        StringBuilder out = new StringBuilder(http2 ? "HTTP/2 " : "HTTP/1.1 ").append(method).append(' ').append(escape(target.getBytes(StandardCharsets.UTF_8), false));
        if (cutAt < 100) {
            out.append("\nX-Cut-At: ").append(cutAt);
        }
        headers.forEach(h -> out.append('\n').append(h.name()).append(": ").append(escape(h.value().getBytes(StandardCharsets.ISO_8859_1), false)));
        return out.append("\n\n").append(escape(body, true)).append('\n').toString();
    }

    /** Reads requests in their text form, separated by lines that begin with ###. */
    static List<FuzzRequest> parseAll(String text) {
        List<FuzzRequest> all = new ArrayList<>();
        for (String part : text.split("(?m)^###.*\n")) {
            if (!part.isBlank()) {
                all.add(parse(part));
            }
        }
        return all;
    }

    private static FuzzRequest parse(String text) {
        String[] halves = text.split("\n\n", 2);
        String[] lines = halves[0].strip().split("\n");
        String[] first = lines[0].split(" ", 3);
        List<Header> headers = new ArrayList<>();
        int cut = 100;
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(": ");
            String value = new String(unescape(lines[i].substring(colon + 2)), StandardCharsets.ISO_8859_1);
            if (lines[i].startsWith("X-Cut-At:")) {
                cut = Integer.parseInt(value);
            } else {
                headers.add(new Header(lines[i].substring(0, colon), value));
            }
        }
        String body = halves.length == 1 ? "" : halves[1].stripTrailing();
        return new FuzzRequest(first[0].equals("HTTP/2"), first[1], new String(unescape(first[2]), StandardCharsets.UTF_8), headers, unescape(body), cut);
    }

    private static String escape(byte[] bytes, boolean lines) {
        StringBuilder out = new StringBuilder(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            int c = bytes[i] & 0xff;
            // a line end before ### or at the end would not be read as it was
            boolean plain = c > 0x20 && c < 0x7f && c != '\\' || c == ' ' && i < bytes.length - 1
                    || lines && c == '\n' && i < bytes.length - 1 && bytes[i + 1] > 0x20 && bytes[i + 1] != '#';
            out.append(plain ? String.valueOf((char) c) : String.format(Locale.ROOT, "\\x%02x", c));
        }
        return out.toString();
    }

    private static byte[] unescape(String text) {
        byte[] from = text.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[from.length];
        int n = 0;
        for (int i = 0; i < from.length; i++) {
            if (from[i] == '\\' && i + 3 < from.length && from[i + 1] == 'x') {
                out[n++] = (byte) Integer.parseInt(new String(from, i + 2, 2, StandardCharsets.US_ASCII), 16);
                i += 3;
            } else {
                out[n++] = from[i];
            }
        }
        return Arrays.copyOf(out, n);
    }
}
