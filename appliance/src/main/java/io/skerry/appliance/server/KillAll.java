package io.skerry.appliance.server;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.FileLock;
import io.skerry.network.NetworkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Takes back what a server and its pods have on this machine. Data stays. */
public final class KillAll {
    private KillAll() {}

    /**
     * @return what could not be removed, in plain words; empty when all is gone
     * @throws UserError when a server still runs on the data folder
     */
    public static List<String> run(ServerOptions options) {
        Identity identity = Identity.of(options);
        Path store = options.datastore();
        List<String> left = new ArrayList<>();
        try (FileLock lock = store != null && Files.exists(store) ? FileLock.take(store) : null) {
            left.addAll(io.skerry.node.Teardown.run(Parts.nodeConfig(options, identity)));
            new io.skerry.network.Teardown(Parts.networkConfig(options, identity)).run();
        } catch (DatastoreException e) {
            throw new UserError("stop skerry server first: " + e.getMessage(), e);
        } catch (IOException | NetworkException e) {
            left.add(e.getMessage());
        }
        return left;
    }
}
