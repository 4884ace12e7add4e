package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code scripts/down}: ends what {@code scripts/up} started. The folder stays, for the next {@code scripts/up}. */
@Command(name = "scripts/down", mixinStandardHelpOptions = true,
        description = "Stops the demo appliance and leaves no process, mount, network namespace, nftables table or cgroup behind.")
final class Down implements Callable<Integer> {
    @Mixin
    LayoutOptions options;

    @Option(names = "--forget", description = "Delete the folder with all state as well.")
    boolean forget;

    public static void main(String[] args) {
        System.exit(Report.execute(new Down(), args));
    }

    @Override
    public Integer call() throws Exception {
        Layout layout = options.layout();
        if (!Files.exists(layout.base())) {
            System.out.println("==> Nothing to stop in " + layout.base());
            return 0;
        }
        new DemoStack(layout, List.of()).down();
        if (forget) {
            delete(layout.base());
        }
        System.out.println("==> Stopped" + (forget ? " and forgotten" : "; scripts/up goes on where this left off, scripts/down --forget deletes " + layout.base()));
        return 0;
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
