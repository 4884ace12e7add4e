package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test the one demo appliance that all end-to-end tests share: started by the first that asks, with ports, addresses and
 * device names of its own, and ended after the last. What it leaves behind on the machine fails the run.
 */
public final class RunningStack implements ParameterResolver {
    static final Duration PATIENCE = Duration.ofMinutes(3);
    static final String BRIDGE = "skerrytest0";
    static final List<String> FLAGS = List.of("--bridge", BRIDGE, "--node-name", "test-node", "--cgroup-root", "skerrytest",
            "--cluster-cidr", "10.142.0.0/16", "--service-cidr", "10.143.0.0/16", "--cluster-dns", "10.143.0.10");

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == DemoStack.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot().getStore(ExtensionContext.Namespace.create(RunningStack.class))
                .computeIfAbsent("stack", key -> new Shared(), Shared.class).stack;
    }

    /** Waits until the device says that it is in step with the newest commit. */
    static JsonNode awaitSynced(DemoStack stack, Duration patience) throws Exception {
        return stack.awaitSynced(patience);
    }

    static Layout newLayout(Path base) throws IOException {
        return new Layout(base, Ports.free(), Ports.free(), Ports.free());
    }

    private static final class Shared implements AutoCloseable {
        private final MachineState before = MachineState.now();
        private final DemoStack stack;

        private Shared() {
            try {
                Path base = Files.createTempDirectory("skerry-e2e-");
                stack = new DemoStack(newLayout(base), FLAGS);
                stack.startSurroundings();
                stack.skerry.start();
                awaitSynced(stack, PATIENCE);
            } catch (Exception e) {
                throw new IllegalStateException("the demo appliance did not converge: " + e.getMessage() + log(), e);
            }
        }

        private String log() {
            try {
                return stack == null ? "" : "\nskerry's log ends:\n" + Up.tail(stack.skerry.process().log());
            } catch (IOException e) {
                return "";
            }
        }

        @Override
        public void close() throws Exception {
            stack.down();
            MachineState.now().requireNothingBeyond(before, each -> true);
            Down.delete(stack.layout.base());
        }
    }
}
