package io.skerry.scripts.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** QEMU's machine protocol over a Unix socket: commands and their answers; events are passed over. */
public final class Qmp implements AutoCloseable {
    private final SocketChannel channel;
    private final BufferedReader reader;

    private Qmp(SocketChannel channel) {
        this.channel = channel;
        this.reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    static Qmp connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        Qmp qmp = new Qmp(channel);
        qmp.reader.readLine();
        qmp.run("qmp_capabilities", null);
        return qmp;
    }

    /**
     * @param arguments of the command; may be null
     * @return what the command returned
     * @throws IOException when QEMU refused, or is gone
     */
    public synchronized JsonNode run(String command, ObjectNode arguments) throws IOException {
        ObjectNode request = Json.object().put("execute", command);
        if (arguments != null) {
            request.set("arguments", arguments);
        }
        ByteBuffer bytes = ByteBuffer.wrap((Json.string(request) + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        while (true) {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("QEMU has ended");
            }
            JsonNode answer = Json.parse(line);
            if (answer.has("error")) {
                throw new IOException(command + ": " + answer.at("/error/desc").asText());
            }
            if (answer.has("return")) {
                return answer.get("return");
            }
        }
    }

    /** Bytes that the guest has written to a disk since it was started. */
    public long bytesWritten(String drive) throws IOException {
        for (JsonNode device : run("query-blockstats", null)) {
            if (device.path("device").asText().equals(drive)) {
                return device.at("/stats/wr_bytes").asLong();
            }
        }
        throw new IOException("the guest has no drive " + drive);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
