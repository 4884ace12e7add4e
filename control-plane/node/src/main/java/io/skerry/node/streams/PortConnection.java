package io.skerry.node.streams;

import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One forwarded connection in the runtime's portforward.k8s.io: a data stream and an error stream. */
final class PortConnection implements StreamSession, SpdyConnection.Receiver {
    private final SpdyConnection connection;
    private final StreamListener listener;
    private final ByteArrayOutputStream problem = new ByteArrayOutputStream();
    private final int error, data;
    private boolean dataEnded, errorEnded;

    PortConnection(URI url, int port, StreamListener listener) throws IOException {
        this.listener = listener;
        connection = new SpdyConnection(url, "portforward.k8s.io");
        try {
            error = connection.open(Map.of("streamtype", "error", "port", Integer.toString(port), "requestid", "0"));
            connection.finish(error);
            data = connection.open(Map.of("streamtype", "data", "port", Integer.toString(port), "requestid", "0"));
        } catch (IOException e) {
            connection.close();
            throw e;
        }
        Thread.ofVirtual().name("port-forward").start(this::receive);
    }

    private void receive() {
        String lost = null;
        try {
            connection.receive(this);
        } catch (IOException e) {
            if (!(dataEnded && errorEnded)) lost = "the connection to the pod was lost: " + e.getMessage();
        }
        close();
        listener.closed(problem.size() > 0 ? Statuses.failure(500, problem.toString(StandardCharsets.UTF_8)) : lost != null ? Statuses.failure(500, lost) : Statuses.success());
    }

    @Override
    public void data(int stream, byte[] bytes) {
        if (stream == data) listener.stdout(bytes);
        else problem.writeBytes(bytes);
    }

    @Override
    public void end(int stream) {
        dataEnded |= stream == data;
        errorEnded |= stream == error;
        if (dataEnded && errorEnded) close();
    }

    @Override
    public void stdin(byte[] bytes) {
        try {
            if (bytes.length > 0) connection.send(data, bytes);
        } catch (IOException e) {
            close();
        }
    }

    @Override
    public void closeStdin() {
        try {
            connection.finish(data);
        } catch (IOException e) {
            close();
        }
    }

    @Override
    public void resize(int width, int height) { }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (IOException e) {
            System.getLogger(PortConnection.class.getName()).log(System.Logger.Level.DEBUG, "port-forward is over", e);
        }
    }
}
