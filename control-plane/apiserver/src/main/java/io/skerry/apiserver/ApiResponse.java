package io.skerry.apiserver;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Where the answer to one request goes. {@link #start} comes first and once, then writes, then {@link #end}. Writes block while the
 * client is slower than the server; after the client is gone they do nothing, so a writer only has to look at {@link #isClosed} now and then.
 */
public interface ApiResponse {

    /** Sends status and headers. Without a Content-Length the body is streamed. */
    void start(int status, Map<String, String> headers);

    /** Before the start: one more value of a header whose values cannot be joined with commas (Set-Cookie, RFC 6265, section 3). */
    default void addHeader(String name, String value) {
    }

    /** Writes a part of the body. The array must not be changed afterwards: a transport may send it without copying. */
    void write(byte[] bytes);

    /** Writes the remaining bytes of a buffer that must not be changed afterwards. */
    default void write(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        write(copy);
    }

    /** Passes on what was written so far: a watch event should not wait for the next one. */
    default void flush() {
    }

    /** Ends the body. */
    void end();

    /** Completes, never exceptionally, when the client went away or the response has ended. */
    CompletionStage<Void> closed();

    boolean isClosed();
}
