package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.CommonOptions;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.SqliteSnapshots;
import io.skerry.datastore.SqliteSnapshots.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skerry snapshot}: what {@code k3s etcd-snapshot} is to k3s, for the embedded datastore. */
@Command(name = "snapshot", mixinStandardHelpOptions = true,
        subcommands = {SnapshotCommand.Save.class, SnapshotCommand.Show.class, SnapshotCommand.Restore.class, SnapshotCommand.Prune.class},
        description = "Take, list, restore and prune snapshots of the cluster's state.")
public final class SnapshotCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name what to do, for example: skerry snapshot save");
    }

    /** What the four have in common. */
    abstract static class Action implements Callable<Integer> {
        @Mixin
        CommonOptions options = new CommonOptions();

        @Spec
        CommandSpec spec;

        abstract void run(SqliteSnapshots snapshots, Consumer<String> out);

        @Override
        public Integer call() {
            Path database = options.datastore();
            if (database == null) {
                throw new UserError("the datastore is a database server: back it up with its own tools, such as pg_dump");
            }
            try {
                run(new SqliteSnapshots(database, Clock.systemUTC()), spec.commandLine().getOut()::println);
                return 0;
            } catch (DatastoreException e) {
                throw new UserError(e.getMessage(), e);
            }
        }
    }

    @Command(name = "save", mixinStandardHelpOptions = true, description = "Take a snapshot; the server may be running.")
    static final class Save extends Action {
        @Option(names = "--name", paramLabel = "NAME", defaultValue = SqliteSnapshots.ON_DEMAND,
                description = "First part of its name, before node and time (default: ${DEFAULT-VALUE}).")
        String name;

        @Override
        void run(SqliteSnapshots snapshots, Consumer<String> out) {
            out.accept("saved " + snapshots.save(name, hostName()).name());
        }

        private static String hostName() {
            try {
                return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            } catch (IOException e) {
                throw new UserError("cannot read this machine's name: " + e.getMessage(), e);
            }
        }
    }

    @Command(name = "list", aliases = "ls", mixinStandardHelpOptions = true, description = "List the snapshots, the oldest first.")
    static final class Show extends Action {
        @Override
        void run(SqliteSnapshots snapshots, Consumer<String> out) {
            List<Snapshot> all = snapshots.list();
            int width = Math.max(4, all.stream().mapToInt(snapshot -> snapshot.name().length()).max().orElse(0));
            out.accept(String.format("%-" + width + "s  %10s  %s", "NAME", "SIZE", "CREATED"));
            all.forEach(snapshot -> out.accept(String.format(Locale.ROOT, "%-" + width + "s  %10d  %s", snapshot.name(), snapshot.bytes(), snapshot.created())));
        }
    }

    @Command(name = "restore", mixinStandardHelpOptions = true,
            description = "Put a snapshot in the place of the cluster's state; stop the server first. What was there is kept beside it.")
    static final class Restore extends Action {
        @Parameters(paramLabel = "NAME|FILE", description = "A snapshot's name, or a file's path with a slash in it.")
        String what;

        @Override
        void run(SqliteSnapshots snapshots, Consumer<String> out) {
            Path kept = snapshots.restore(what);
            out.accept("restored " + what + (kept == null ? "" : "; what was there is kept as " + kept));
        }
    }

    @Command(name = "prune", mixinStandardHelpOptions = true, description = "Delete all but the newest snapshots of a name.")
    static final class Prune extends Action {
        @Option(names = "--name", paramLabel = "NAME", defaultValue = SqliteSnapshots.ON_DEMAND,
                description = "First part of their names (default: ${DEFAULT-VALUE}).")
        String name;

        @Option(names = "--snapshot-retention", paramLabel = "COUNT", defaultValue = "5", description = "How many are kept (default: ${DEFAULT-VALUE}).")
        int retention;

        @Override
        void run(SqliteSnapshots snapshots, Consumer<String> out) {
            if (retention < 0) {
                throw new ParameterException(spec.commandLine(), "--snapshot-retention is negative; give the number of snapshots to keep");
            }
            snapshots.prune(name, retention).forEach(snapshot -> out.accept("deleted " + snapshot.name()));
        }
    }
}
