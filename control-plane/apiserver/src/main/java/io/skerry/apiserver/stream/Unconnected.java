package io.skerry.apiserver.stream;

import io.skerry.apiserver.node.StreamSession;

/** A session that could not be opened: what the client still sends is dropped. */
final class Unconnected implements StreamSession {

    static final StreamSession SESSION = new Unconnected();

    private Unconnected() {}

    @Override
    public void stdin(byte[] bytes) {
    }

    @Override
    public void closeStdin() {
    }

    @Override
    public void resize(int width, int height) {
    }

    @Override
    public void close() {
    }
}
