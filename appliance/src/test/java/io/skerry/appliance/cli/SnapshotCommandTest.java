package io.skerry.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.Datastores;
import io.skerry.datastore.Durability;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SnapshotCommandTest {
    @TempDir
    Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--data-dir", folder.toString()));
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine commandLine = CommandLineSetup.configure(new CommandLine(new SnapshotCommand()));
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(all.toArray(String[]::new));
    }

    private Datastore open() {
        return Datastores.open(null, folder.resolve("server/db/state.db"), DatastoreOptions.defaults());
    }

    @Test
    void savesListsRestoresAndPrunes() {
        try (Datastore store = open()) {
            store.create("/a", new byte[] {1}, Durability.DURABLE);
            assertThat(run("save", "--name", "before")).as(err.toString()).isZero();
            store.update("/a", new byte[] {2}, 2, Durability.DURABLE);
            String name = out.toString().strip().replace("saved ", "");
            assertThat(name).matches("before-.+-[0-9]+");
            assertThat(run("list")).isZero();
            assertThat(out.toString().lines()).hasSize(2).last().asString().startsWith(name);
            assertThat(run("restore", name)).isEqualTo(1);
            assertThat(err.toString()).contains("already open").hasLineCount(1);
        }
        String name = folder.resolve("server/db/snapshots").toFile().list()[0];
        assertThat(run("restore", name)).as(err.toString()).isZero();
        assertThat(out.toString()).contains("is kept as").contains("state.db.replaced-");
        try (Datastore store = open()) {
            assertThat(store.get("/a").value()).containsExactly(1);
        }
        assertThat(run("prune", "--name", "before", "--snapshot-retention", "0")).isZero();
        assertThat(out.toString().strip()).isEqualTo("deleted " + name);
        assertThat(run("ls")).isZero();
        assertThat(out.toString().lines()).hasSize(1);
    }

    @Test
    void mistakesAreOneLine() {
        assertThat(run("save")).isEqualTo(1);
        assertThat(err.toString()).contains("no datastore").hasLineCount(1);
        assertThat(run("restore", "none")).isEqualTo(1);
        assertThat(err.toString()).contains("no snapshot").hasLineCount(1);
        assertThat(run("list", "--datastore-endpoint", "postgres://u:p@h/db")).isEqualTo(1);
        assertThat(err.toString()).contains("pg_dump").hasLineCount(1);
        assertThat(run("list", "--datastore-endpoint", "oracle://h")).isEqualTo(1);
        assertThat(err.toString()).contains("--datastore-endpoint").contains("no known kind").hasLineCount(1);
        assertThat(run("prune", "--snapshot-retention", "-1")).isEqualTo(2);
        assertThat(err.toString()).contains("negative").hasLineCount(1);
    }
}
