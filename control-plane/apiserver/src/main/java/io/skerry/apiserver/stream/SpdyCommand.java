package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.machinery.json.Json;
import java.util.HashMap;
import java.util.Map;

/** Exec and attach over SPDY/3.1 ({@code v4.channel.k8s.io}), for clients from before KEP-4006: one stream each for stdin, stdout, ... */
final class SpdyCommand implements Outlet {

    static final String PROTOCOL = "v4.channel.k8s.io";

    private final SpdyConnection connection;
    private final Map<String, SpdyStream> streams = new HashMap<>();
    private final int expected;

    SpdyCommand(SpdyConnection connection, StreamRequest request) {
        this.connection = connection;
        this.expected = 1 + (request.stdin() ? 1 : 0) + (request.stdout() ? 1 : 0) + (request.stderr() && !request.tty() ? 1 : 0) + (request.tty() ? 1 : 0);
    }

    /** Passes the client's data on until it leaves or the command has ended. The output is let through when all streams are there. */
    void run(StreamSession session, Outlet.Gate gate) {
        connection.run(stream -> {
            switch (stream.header("streamtype")) {
                case "stdin" -> stream.listen(session::stdin, session::closeStdin, () -> { });
                case "resize" -> stream.listen(json -> WebSocketCommand.resize(session, json), () -> { }, () -> { });
                default -> { }
            }
            streams.put(stream.header("streamtype"), stream);
            if (streams.size() == expected) {
                gate.open(this);
            }
        });
    }

    @Override
    public void stdout(byte[] bytes) {
        write("stdout", bytes);
    }

    @Override
    public void stderr(byte[] bytes) {
        write("stderr", bytes);
    }

    private void write(String type, byte[] bytes) {
        SpdyStream stream = streams.get(type);
        if (stream != null) {
            stream.write(bytes);
        }
    }

    @Override
    public void finish(ObjectNode status) {
        write("error", Json.bytes(status));
        for (String type : new String[] {"stdout", "stderr", "error", "stdin", "resize"}) {
            SpdyStream stream = streams.get(type);
            if (stream != null) {
                stream.finish();
            }
        }
        connection.close();
    }
}
