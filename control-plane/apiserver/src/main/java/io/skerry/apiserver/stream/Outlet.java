package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.StreamListener;
import java.util.concurrent.CompletableFuture;

/** Where the output of an exec or attach goes. */
interface Outlet {

    void stdout(byte[] bytes);

    void stderr(byte[] bytes);

    /** The end, with the v1.Status that clients take the exit code from. */
    void finish(ObjectNode status);

    /** For a client that left before it could be connected. */
    Outlet NOWHERE = new Outlet() {
        @Override
        public void stdout(byte[] bytes) {
        }

        @Override
        public void stderr(byte[] bytes) {
        }

        @Override
        public void finish(ObjectNode status) {
        }
    };

    /**
     * A listener whose outlet comes later: a command is started before the connection is upgraded, so that the client gets an
     * answer with a code when it cannot be started, and its output waits for the upgrade.
     */
    final class Gate implements StreamListener {
        private final CompletableFuture<Outlet> outlet = new CompletableFuture<>();

        void open(Outlet to) {
            outlet.complete(to);
        }

        @Override
        public void stdout(byte[] bytes) {
            outlet.join().stdout(bytes);
        }

        @Override
        public void stderr(byte[] bytes) {
            outlet.join().stderr(bytes);
        }

        @Override
        public void closed(ObjectNode status) {
            outlet.join().finish(status);
        }
    }
}
