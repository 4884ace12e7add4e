package io.skerry.appliance.cli;

import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.server.Server;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code skerry server}: runs until it is asked to stop; pods keep running over a restart. */
@Command(name = "server", mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class,
        description = "Run the API server, scheduler, controllers, node and GitOps agent of one appliance.")
public final class ServerCommand implements Callable<Integer> {
    @Mixin
    ServerOptions options = new ServerOptions();

    @Override
    public Integer call() throws Exception {
        UntilStopped.run(() -> Server.start(options));
        return 0;
    }
}
