package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import io.skerry.apiserver.node.NodeDocument;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Stands in for a node, whose own tests are elsewhere: a command is a process of this machine, a pod's port is one on loopback. */
final class LocalProcesses implements NodeStreams {

    final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    /** The node's own endpoints, by path. */
    final Map<String, String> documents = new ConcurrentHashMap<>(Map.of("/healthz", "ok"));

    @Override
    public void logs(String namespace, String pod, String container, LogOptions options, LogSink out) {
        out.write(("log of " + container + " in " + namespace + "/" + pod + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public NodeUsage usage() {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public NodeDocument document(String path) throws NodeStreamException {
        String document = documents.get(path);
        if (document == null) {
            throw new NodeStreamException(404, "404 page not found");
        }
        return new NodeDocument(document.startsWith("{") ? "application/json" : "text/plain; charset=utf-8", document.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public StreamSession exec(ExecOptions options, StreamListener listener) throws NodeStreamException {
        seen.add("exec " + options.container() + " " + options.command());
        return start(options.command(), listener);
    }

    @Override
    public StreamSession attach(ExecOptions options, StreamListener listener) throws NodeStreamException {
        seen.add("attach " + options.container());
        return start(List.of("cat"), listener);
    }

    private StreamSession start(List<String> command, StreamListener listener) throws NodeStreamException {
        try {
            Process process = new ProcessBuilder(command).start();
            Thread out = pump(process.getInputStream(), listener::stdout);
            Thread err = pump(process.getErrorStream(), bytes -> {
                synchronized (listener) {
                    listener.stderr(bytes);
                }
            });
            Thread.ofVirtual().start(() -> {
                try {
                    int code = process.waitFor();
                    out.join();
                    err.join();
                    listener.closed(status(code));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            return new Session(process.getOutputStream(), () -> {
                seen.add("closed");
                end(process);
            });
        } catch (IOException e) {
            throw new NodeStreamException(400, "OCI runtime exec failed: " + e.getMessage());
        }
    }

    /** As a node does: the command may still read what its client had sent before it left. */
    private static void end(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // the process has ended
        }
        process.onExit().completeOnTimeout(process, 5, TimeUnit.SECONDS).thenAccept(Process::destroyForcibly);
    }

    private static ObjectNode status(int code) {
        ObjectNode status = Json.object();
        status.putObject("metadata");
        if (code == 0) {
            return status.put("status", "Success");
        }
        status.put("status", "Failure").put("message", "command terminated with non-zero exit code: exit status " + code).put("reason", "NonZeroExitCode");
        status.putObject("details").putArray("causes").addObject().put("reason", "ExitCode").put("message", Integer.toString(code));
        return status;
    }

    @Override
    public StreamSession portForward(String namespace, String pod, int port, StreamListener listener) throws NodeStreamException {
        try {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            Thread out = pump(socket.getInputStream(), listener::stdout);
            Thread.ofVirtual().start(() -> {
                try {
                    out.join();
                    listener.closed(status(0));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            return new Session(new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    socket.getOutputStream().write(b);
                }

                @Override
                public void write(byte[] b, int off, int len) throws IOException {
                    socket.getOutputStream().write(b, off, len);
                }

                @Override
                public void close() throws IOException {
                    socket.shutdownOutput();
                }
            }, () -> {
                try {
                    socket.close();
                } catch (IOException e) {
                    // over anyway
                }
            });
        } catch (IOException e) {
            throw new NodeStreamException(500, "connect: " + e.getMessage());
        }
    }

    private static Thread pump(InputStream in, Consumer<byte[]> to) {
        return Thread.ofVirtual().start(() -> {
            byte[] buffer = new byte[32 * 1024];
            try {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    to.accept(java.util.Arrays.copyOf(buffer, n));
                }
            } catch (IOException e) {
                // closed from this side
            }
        });
    }

    private final class Session implements StreamSession {
        private final OutputStream in;
        private final Runnable end;

        Session(OutputStream in, Runnable end) {
            this.in = in;
            this.end = end;
        }

        @Override
        public void stdin(byte[] bytes) {
            try {
                in.write(bytes);
                in.flush();
            } catch (IOException e) {
                // the process has ended
            }
        }

        @Override
        public void closeStdin() {
            try {
                in.close();
            } catch (IOException e) {
                // the process has ended
            }
        }

        @Override
        public void resize(int width, int height) {
            seen.add("resize " + width + "x" + height);
        }

        @Override
        public void close() {
            end.run();
        }
    }
}
