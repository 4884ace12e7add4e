package io.skerry.scripts;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * A Git server over HTTP on loopback: git's own {@code git http-backend} behind the JDK's HTTP server, spoken to by CGI
 * (RFC 3875) as git-http-backend(1) describes. Fetch and push, no authentication.
 */
public final class GitServer {
    private final Layout layout;
    private final BackgroundProcess process;

    GitServer(Layout layout) {
        this.layout = layout;
        this.process = layout.process("git-server");
    }

    void start() throws IOException, InterruptedException {
        if (process.isRunning()) {
            return;
        }
        process.start(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", System.getProperty("java.class.path"),
                GitServer.class.getName(), layout.gitRoot().toString(), String.valueOf(layout.gitPort())), Map.of());
        Ports.awaitOpen(layout.gitPort(), process);
    }

    void stop() throws IOException, InterruptedException {
        process.stop(Duration.ofSeconds(5));
    }

    /** The server's own process: folder of repositories, port. */
    public static void main(String[] args) throws IOException {
        Path root = Path.of(args[0]).toAbsolutePath();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1])), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            try (exchange) {
                serve(root, exchange);
            } catch (IOException e) {
                System.err.println(exchange.getRequestURI() + ": " + e.getMessage());
            }
        });
        server.start();
    }

    private static void serve(Path root, HttpExchange exchange) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("git", "http-backend").redirectError(ProcessBuilder.Redirect.INHERIT);
        Map<String, String> cgi = builder.environment();
        cgi.put("GIT_PROJECT_ROOT", root.toString());
        cgi.put("GIT_HTTP_EXPORT_ALL", "1");
        cgi.put("REMOTE_USER", "demo");
        cgi.put("REQUEST_METHOD", exchange.getRequestMethod());
        cgi.put("PATH_INFO", exchange.getRequestURI().getPath());
        cgi.put("QUERY_STRING", orEmpty(exchange.getRequestURI().getRawQuery()));
        cgi.put("CONTENT_TYPE", orEmpty(exchange.getRequestHeaders().getFirst("Content-Type")));
        putIfPresent(cgi, "HTTP_CONTENT_ENCODING", exchange, "Content-Encoding");
        putIfPresent(cgi, "GIT_PROTOCOL", exchange, "Git-Protocol");
        byte[] body = exchange.getRequestBody().readAllBytes();
        cgi.put("CONTENT_LENGTH", String.valueOf(body.length));
        Process backend = builder.start();
        Thread.startVirtualThread(() -> {
            try (OutputStream stdin = backend.getOutputStream()) {
                stdin.write(body);
            } catch (IOException e) {
                // The backend ended early; its answer says why.
            }
        });
        try (InputStream answer = new BufferedInputStream(backend.getInputStream())) {
            int status = 200;
            for (String line = line(answer); !line.isEmpty(); line = line(answer)) {
                int colon = line.indexOf(':');
                String value = line.substring(colon + 1).strip();
                if (line.startsWith("Status:")) {
                    status = Integer.parseInt(value.substring(0, 3));
                } else {
                    exchange.getResponseHeaders().add(line.substring(0, colon), value);
                }
            }
            exchange.sendResponseHeaders(status, 0);
            answer.transferTo(exchange.getResponseBody());
        } finally {
            backend.destroy();
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("git http-backend ended without an answer");
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    private static void putIfPresent(Map<String, String> cgi, String name, HttpExchange exchange, String header) {
        String value = exchange.getRequestHeaders().getFirst(header);
        if (value != null) {
            cgi.put(name, value);
        }
    }

    private static String orEmpty(String value) {
        return value == null ? "" : value;
    }
}
