package io.skerry.apiserver.stream;

/** An upgraded connection, used from virtual threads: one reads, any number write. */
public interface Wire extends AutoCloseable {

    /** The next message (or, where there are none, some bytes); null when the connection is over. */
    byte[] read();

    /** Waits while the client is slow; does nothing after the connection is over. */
    void write(byte[] bytes);

    /** Sends what was written and ends the connection. */
    @Override
    void close();
}
