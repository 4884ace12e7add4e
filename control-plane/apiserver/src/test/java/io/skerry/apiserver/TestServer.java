package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.Durability;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A real API server on a real SQLite datastore, asked without a socket. */
public final class TestServer implements AutoCloseable {
    public static final User ADMIN = User.master("test-admin");

    private final Path folder;
    private final boolean temporary;
    private final Datastore datastore;
    public final ApiServer server;
    public final KubernetesClient client;

    /** For a field with {@code @AutoClose}, in a folder of its own that goes when it is closed. */
    public TestServer() {
        this(temporary(), true, ApiServerConfig.defaults(), name -> Optional.empty());
    }

    public TestServer(Path folder) {
        this(folder, ApiServerConfig.defaults());
    }

    public TestServer(Path folder, ApiServerConfig config) {
        this(folder, config, name -> Optional.empty());
    }

    public TestServer(Path folder, ApiServerConfig config, NodeLocator nodes) {
        this(folder, false, config, nodes);
    }

    public TestServer(Path folder, DatastoreOptions options) {
        this(folder, false, ApiServerConfig.defaults(), name -> Optional.empty(), options);
    }

    private TestServer(Path folder, boolean temporary, ApiServerConfig config, NodeLocator nodes) {
        this(folder, temporary, config, nodes, DatastoreOptions.defaults());
    }

    private TestServer(Path folder, boolean temporary, ApiServerConfig config, NodeLocator nodes, DatastoreOptions options) {
        this(folder, temporary, config, nodes, SqliteDatastore.open(folder.resolve("state.db"), options));
    }

    /** @param datastore one in the folder, which is closed with the server */
    public TestServer(Path folder, Datastore datastore) {
        this(folder, false, ApiServerConfig.defaults(), name -> Optional.empty(), datastore);
    }

    private TestServer(Path folder, boolean temporary, ApiServerConfig config, NodeLocator nodes, Datastore datastore) {
        this.folder = folder;
        this.temporary = temporary;
        this.datastore = datastore;
        server = new ApiServer(config, datastore, TypeTable.builtin(), nodes);
        client = InProcessClient.create(server, ADMIN);
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("apiserver");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts an object into the datastore past all validation, and past the API: a read that must find it asks for this revision, or waits. */
    public long store(String key, String yaml) {
        return datastore.create(key, Entry.encode((ObjectNode) Yaml.parseAll(yaml, "test").getFirst().root()), Durability.DURABLE).modRevision();
    }

    /** Compacts the datastore; the server that runs still remembers. */
    public void forgetHistory() {
        datastore.compact(datastore.revision());
    }

    public DirectCall.Answer send(String method, String path, String yamlOrNull) {
        return sendAs(ADMIN, method, path, yamlOrNull);
    }

    /** Creates an object, which has to succeed. @return as the server answers it */
    public JsonNode make(String path, String yaml) {
        DirectCall.Answer answer = send("POST", path, yaml);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return answer.body();
    }

    public DirectCall.Answer sendAs(User user, String method, String path, String yamlOrNull) {
        JsonNode body = yamlOrNull == null ? null : Yaml.parseAll(yamlOrNull, "test").getFirst().root();
        return DirectCall.send(server, user, method, path, body);
    }

    public DirectCall.Answer patch(String path, String contentType, String body) {
        return DirectCall.send(server, ADMIN, "PATCH", path, Map.of("Content-Type", contentType, "User-Agent", "test/1.0"), body.getBytes(StandardCharsets.UTF_8));
    }

    public DirectCall.Answer get(String path, Map<String, String> headers) {
        return DirectCall.send(server, ADMIN, "GET", path, headers, ApiRequest.NO_BODY);
    }

    @Override
    public void close() {
        client.close();
        server.close();
        try {
            datastore.close();
            if (temporary) {
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
                Files.delete(folder);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
