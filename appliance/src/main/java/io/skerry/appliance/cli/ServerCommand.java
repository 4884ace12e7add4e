package io.skerry.appliance.cli;

import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.server.Service;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
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
        if (options.debug) {
            Logger.getLogger("io.skerry").setLevel(Level.FINE);
        }
        UntilStopped.run(giveUp -> Service.start(options, System.getenv(), giveUp));
        return 0;
    }
}
