package io.skerry.datastore;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A real PostgreSQL, on loopback unless another address is given, with its own data folder. Needs root, for it refuses to run as root: it runs as the user postgres. */
public final class PostgresServer implements AutoCloseable {

    private static final String PASSWORD = "p@ss/word";

    private final Path folder;
    private final String address;
    private final int port;
    private Process process;

    private PostgresServer(Path folder, String address, int port) {
        this.folder = folder;
        this.address = address;
        this.port = port;
    }

    public static PostgresServer start() throws Exception {
        return start("127.0.0.1");
    }

    /** @param address IPv4, this machine's: those on the same network may log in */
    public static PostgresServer start(String address) throws Exception {
        Path folder = Files.createTempDirectory("skerry-postgres");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(address))) {
            port = free.getLocalPort();
        }
        var server = new PostgresServer(folder, address, port);
        Files.writeString(folder.resolve("password"), PASSWORD);
        run("chown", "-R", "postgres", folder.toString());
        server.asPostgres("initdb", "-D", folder.resolve("data").toString(), "--auth=scram-sha-256", "--pwfile=" + folder.resolve("password"), "--encoding=UTF8", "--no-sync");
        Files.writeString(folder.resolve("data/pg_hba.conf"), "host all all samenet scram-sha-256\n", StandardOpenOption.APPEND);
        server.launch();
        try (Connection connection = server.connect("postgres"); Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE kubernetes");
        }
        return server;
    }

    private static Path program(String name) throws IOException {
        List<Path> candidates = new ArrayList<>();
        for (String folder : System.getenv("PATH").split(":")) {
            candidates.add(Path.of(folder, name));
        }
        if (Files.isDirectory(Path.of("/usr/lib/postgresql"))) { // Debian keeps the servers' programs off the PATH
            try (var versions = Files.list(Path.of("/usr/lib/postgresql"))) {
                versions.sorted(Comparator.reverseOrder()).map(version -> version.resolve("bin").resolve(name)).forEach(candidates::add);
            }
        }
        return candidates.stream().filter(Files::isExecutable).findFirst()
            .orElseThrow(() -> new IllegalStateException("no " + name + "; install Debian's package postgresql"));
    }

    private void asPostgres(String program, String... arguments) throws Exception {
        run(command(program, arguments));
    }

    private static String[] command(String program, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", program(program).toString()));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).directory(new java.io.File("/")).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed: " + output);
        }
    }

    /** Starts it again after {@link #kill} or {@link #stop}. */
    public void launch() throws Exception {
        process = new ProcessBuilder(command("postgres", "-D", folder.resolve("data").toString(), "-p", "" + port, "-k", folder.toString(), "-c", "listen_addresses=" + address))
            .directory(new java.io.File("/")).redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
        Awaitility.await().atMost(60, TimeUnit.SECONDS).pollInterval(20, TimeUnit.MILLISECONDS).ignoreExceptions().until(() -> {
            connect("postgres").close();
            return true;
        });
    }

    /** As when the machine loses power, but for the disk's cache: its children notice and end as well. */
    public void kill() throws Exception {
        process.destroyForcibly().waitFor();
    }

    public void stop() throws Exception {
        asPostgres("pg_ctl", "stop", "-D", folder.resolve("data").toString(), "-m", "fast", "-w");
        process.waitFor();
    }

    int port() {
        return port;
    }

    public String endpoint() {
        return "postgres://postgres:p%40ss%2Fword@" + address + ":" + port + "/kubernetes?sslmode=disable";
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://" + address + ":" + port + "/" + database, "postgres", PASSWORD);
    }

    void execute(String sql) {
        try (Connection connection = connect("kubernetes"); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public void empty() {
        execute("DROP SCHEMA IF EXISTS skerry CASCADE");
    }

    @Override
    public void close() throws Exception {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
