package io.skerry.gitops;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the bare repositories in a folder over Git's smart HTTP protocol with the real {@code git http-backend}, a CGI program (RFC
 * 3875). Pushing is open to everybody who can connect, so it listens on the loopback address only.
 */
public final class GitHttpServer implements AutoCloseable {

    private final Path root;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * @param port 0 for any free one
     */
    public GitHttpServer(Path root, int port) throws IOException {
        this.root = root.toAbsolutePath();
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** As the other, but for one user with a password only. */
    public GitHttpServer(Path root, int port, String user, String password) throws IOException {
        this.root = root.toAbsolutePath();
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.setExecutor(threads);
        HttpContext context = server.createContext("/", this::handle);
        context.setAuthenticator(new BasicAuthenticator("git") {
            @Override
            public boolean checkCredentials(String givenUser, String givenPassword) {
                return givenUser.equals(user) && givenPassword.equals(password);
            }
        });
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** URL of a bare repository in the folder, such as "fleet.git". */
    public String url(String repository) {
        return "http://127.0.0.1:" + port() + "/" + repository;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            ProcessBuilder builder = new ProcessBuilder("git", "http-backend").redirectError(ProcessBuilder.Redirect.DISCARD);
            Map<String, String> environment = builder.environment();
            environment.put("GIT_PROJECT_ROOT", root.toString());
            environment.put("GIT_HTTP_EXPORT_ALL", "1");
            environment.put("PATH_INFO", exchange.getRequestURI().getPath());
            environment.put("QUERY_STRING", exchange.getRequestURI().getRawQuery() == null ? "" : exchange.getRequestURI().getRawQuery());
            environment.put("REQUEST_METHOD", exchange.getRequestMethod());
            environment.put("REMOTE_ADDR", "127.0.0.1");
            // Lets git http-receive-pack take a push without an http.receivepack setting in each repository.
            environment.put("REMOTE_USER", exchange.getPrincipal() == null ? "anyone" : exchange.getPrincipal().getUsername());
            header(exchange, "Content-Type", environment, "CONTENT_TYPE");
            header(exchange, "Content-Encoding", environment, "HTTP_CONTENT_ENCODING");
            header(exchange, "Git-Protocol", environment, "GIT_PROTOCOL");
            byte[] body = exchange.getRequestBody().readAllBytes();
            environment.put("CONTENT_LENGTH", Integer.toString(body.length));
            Process process = builder.start();
            Thread.startVirtualThread(() -> {
                try (OutputStream input = process.getOutputStream()) {
                    input.write(body);
                } catch (IOException e) {
                    // git did not want all of it
                }
            });
            try (InputStream output = new BufferedInputStream(process.getInputStream())) {
                int status = 200;
                for (String line = line(output); !line.isEmpty(); line = line(output)) {
                    String name = line.substring(0, line.indexOf(':'));
                    String value = line.substring(line.indexOf(':') + 1).strip();
                    if (name.equalsIgnoreCase("Status")) status = Integer.parseInt(value.substring(0, 3));
                    else exchange.getResponseHeaders().add(name, value);
                }
                exchange.sendResponseHeaders(status, 0);
                output.transferTo(exchange.getResponseBody());
            } finally {
                process.destroy();
            }
        }
    }

    private static void header(HttpExchange exchange, String name, Map<String, String> environment, String variable) {
        String value = exchange.getRequestHeaders().getFirst(name);
        if (value != null) environment.put(variable, value);
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            if (c != '\r') line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
