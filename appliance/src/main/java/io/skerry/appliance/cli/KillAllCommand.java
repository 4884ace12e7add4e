package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.server.KillAll;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code skerry killall}: what k3s-killall.sh is to k3s. */
@Command(name = "killall", mixinStandardHelpOptions = true,
        description = "End all pods and containerd, and take back every mount, network namespace, rule and cgroup. Data stays.")
public final class KillAllCommand implements Callable<Integer> {
    @Mixin
    ServerOptions options = new ServerOptions();

    @Override
    public Integer call() {
        List<String> left = KillAll.run(options);
        if (!left.isEmpty()) {
            throw new UserError("could not remove everything: " + String.join("; ", left));
        }
        return 0;
    }
}
