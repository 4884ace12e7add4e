package io.skerry.apiserver;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The head of a message of HTTP/1.1, for tests that speak it over a socket of their own. */
public final class HttpHead {
    private HttpHead() {}

    /**
     * Reads to the empty line that ends it, and not a byte more.
     *
     * @throws IOException when the stream ends before
     */
    public static String read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("ended after " + head);
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.US_ASCII);
    }
}
