package io.skerry.apiserver.node;

/** The client's end of a running exec, attach or port-forward. Methods may block (back-pressure) and do nothing after the session is over. */
public interface StreamSession extends AutoCloseable {
    void stdin(byte[] bytes);

    /** End of the client's input; the process sees end of file. */
    void closeStdin();

    /** New size of the terminal, in characters. */
    void resize(int width, int height);

    /** Ends the session, e.g. because the client went away. */
    @Override
    void close();
}
