package io.skerry.node.streams;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An exec or attach under way, in the runtime's v4.channel.k8s.io: streams error, stdin, stdout, stderr, resize. */
final class RemoteCommand implements StreamSession, SpdyConnection.Receiver {
    /** How long a command whose client has left may take to read what that had sent. */
    private static final int LINGER_SECONDS = 30;

    private final SpdyConnection connection;
    private final StreamListener listener;
    private final ByteArrayOutputStream status = new ByteArrayOutputStream();
    private final int error, stdin, stdout, stderr, resize;
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private boolean stdinOpen, ended;

    RemoteCommand(URI url, boolean withStdin, boolean withStdout, boolean withStderr, boolean tty, StreamListener listener) throws IOException {
        this.listener = listener;
        connection = new SpdyConnection(url, "v4.channel.k8s.io");
        try {
            error = connection.open(Map.of("streamtype", "error"));
            connection.finish(error);
            stdin = withStdin ? connection.open(Map.of("streamtype", "stdin")) : -1;
            stdout = withStdout ? connection.open(Map.of("streamtype", "stdout")) : -1;
            stderr = withStderr && !tty ? connection.open(Map.of("streamtype", "stderr")) : -1;
            resize = tty ? connection.open(Map.of("streamtype", "resize")) : -1;
        } catch (IOException e) {
            connection.close();
            throw e;
        }
        stdinOpen = withStdin;
        Thread.ofVirtual().name("stream").start(this::receive);
    }

    private void receive() {
        String lost = "the connection to the container was lost";
        try {
            connection.receive(this);
        } catch (IOException e) {
            lost += ": " + e.getMessage();
        }
        disconnect();
        listener.closed(ended ? result() : Statuses.failure(500, lost));
    }

    private ObjectNode result() {
        if (status.size() == 0) return Statuses.success();
        try {
            if (Json.parse(status.toByteArray()) instanceof ObjectNode said) return withKind(said);
        } catch (RuntimeException e) {
            // not a Status: a message, as older protocols have it
        }
        return Statuses.failure(500, status.toString(StandardCharsets.UTF_8));
    }

    private static ObjectNode withKind(ObjectNode status) {
        JsonNode kind = status.get("kind");
        return kind == null || kind.asText().isEmpty() ? status.put("kind", "Status").put("apiVersion", "v1") : status;
    }

    @Override
    public void data(int stream, byte[] bytes) {
        if (stream == stdout) listener.stdout(bytes);
        else if (stream == stderr) listener.stderr(bytes);
        else if (stream == error) status.writeBytes(bytes);
    }

    @Override
    public void end(int stream) {
        if (stream != error) return;
        ended = true;
        disconnect(); // the command has ended and all its output is here
    }

    @Override
    public void stdin(byte[] bytes) {
        if (!stdinOpen || bytes.length == 0) return;
        quietly(() -> connection.send(stdin, bytes));
    }

    @Override
    public synchronized void closeStdin() {
        if (!stdinOpen) return;
        stdinOpen = false;
        quietly(() -> connection.finish(stdin));
    }

    @Override
    public void resize(int width, int height) {
        if (resize < 0) return;
        byte[] size = ("{\"Width\":" + width + ",\"Height\":" + height + "}\n").getBytes(StandardCharsets.US_ASCII);
        quietly(() -> connection.send(resize, size));
    }

    @Override
    public void close() {
        if (stdin < 0 || over.isDone()) {
            disconnect();
            return;
        }
        // With its connection the runtime would drop what it has not passed on to the container yet, such as the end of an upload.
        Thread.ofVirtual().name("stream-end").start(this::closeStdin);
        over.completeOnTimeout(null, LINGER_SECONDS, TimeUnit.SECONDS).thenRun(this::disconnect);
    }

    private void disconnect() {
        quietly(connection::close);
        over.complete(null);
    }

    private interface Io {
        void run() throws IOException;
    }

    /** After the end there is nobody to tell. */
    private static void quietly(Io call) {
        try {
            call.run();
        } catch (IOException e) {
            System.getLogger(RemoteCommand.class.getName()).log(System.Logger.Level.DEBUG, "stream is over", e);
        }
    }
}
