package io.skerry.gitops.journal;

import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import org.sqlite.SQLiteErrorCode;

/**
 * What the agent must not forget when the power goes: which commit it is at and in which step, the objects it may have put into the
 * cluster, the last-known-good commit's objects, and the status messages not yet delivered. A SQLite file; every method that changes it
 * returns with the change on the disk. Safe for several threads.
 */
public final class Journal implements AutoCloseable {

    /** How far a revision has come; the states follow each other as written here, unless it fails. */
    public enum Step {
        /** Its objects are being put into the cluster: after a power cut that is done again. */
        APPLYING,
        /** All are in the cluster, and what is no longer wanted was pruned; their health is waited for. */
        APPLIED,
        /** All were healthy: from here on it is the last-known-good revision. */
        HEALTHY,
        /** It did not become healthy, and there is no last-known-good revision to go back to, or it is that one. */
        FAILED
    }

    /**
     * A commit as built for this device.
     *
     * @param content the Targets and their objects, as the caller wrote them
     * @param reason  why it failed; "" when it did not
     */
    public record Revision(long id, String commit, Step step, byte[] content, String reason) {}

    /** The newest commit, refused before or rolled back after it was applied, and why; not tried again by itself. */
    public record Refusal(String commit, boolean rolledBack, List<Problem> problems) {}

    /** A status message that the broker has not acknowledged. */
    public record Message(long sequence, byte[] payload) {}

    /** A line of the log of steps: time in milliseconds since 1970. */
    public record Entry(long time, String step, String commit, String detail) {}

    private static final System.Logger LOG = System.getLogger(Journal.class.getName());
    private static final int LOG_LINES = 500;

    private final Connection db;
    private final Clock clock;

    private Journal(Connection db, Clock clock) {
        this.db = db;
        this.clock = clock;
    }

    /**
     * Opens the journal, made when missing. One that is damaged is put aside ("journal.db.broken") and begun anew: a device that nobody
     * stands beside goes on rather than stop, and the next commit is applied as if it were the first.
     *
     * @throws IOException when the file can't be used; says why
     */
    public static Journal open(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try {
            try {
                return new Journal(connect(file), Clock.systemUTC());
            } catch (SQLException e) {
                if (e.getErrorCode() != SQLiteErrorCode.SQLITE_CORRUPT.code && e.getErrorCode() != SQLiteErrorCode.SQLITE_NOTADB.code) throw e;
                LOG.log(Level.ERROR, "The agent's journal {0} is damaged and is begun anew: {1}", file, e.getMessage());
                Files.move(file, file.resolveSibling(file.getFileName() + ".broken"), StandardCopyOption.REPLACE_EXISTING);
                for (String suffix : List.of("-wal", "-shm")) Files.deleteIfExists(file.resolveSibling(file.getFileName() + suffix));
                return new Journal(connect(file), Clock.systemUTC());
            }
        } catch (SQLException e) {
            throw new IOException("the agent's journal " + file + " can't be opened: " + e.getMessage(), e);
        }
    }

    private static Connection connect(Path file) throws SQLException {
        Connection db = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = db.createStatement()) {
            statement.execute("PRAGMA busy_timeout=5000");
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=FULL");
            statement.execute("PRAGMA journal_size_limit=1048576");
            statement.execute("CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
            statement.execute("CREATE TABLE IF NOT EXISTS revision(id INTEGER PRIMARY KEY AUTOINCREMENT, commit_name TEXT NOT NULL, step TEXT NOT NULL, content BLOB NOT NULL, reason TEXT NOT NULL, good INTEGER NOT NULL)");
            statement.execute("CREATE TABLE IF NOT EXISTS inventory(api_version TEXT, kind TEXT, namespace TEXT, name TEXT, prune INTEGER NOT NULL, PRIMARY KEY(api_version, kind, namespace, name)) WITHOUT ROWID");
            statement.execute("CREATE TABLE IF NOT EXISTS refusal(commit_name TEXT NOT NULL, rolled_back INTEGER NOT NULL, problems TEXT NOT NULL)");
            statement.execute("CREATE TABLE IF NOT EXISTS outbox(sequence INTEGER PRIMARY KEY AUTOINCREMENT, payload BLOB NOT NULL)");
            statement.execute("CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, step TEXT NOT NULL, commit_name TEXT NOT NULL, detail TEXT NOT NULL)");
        } catch (SQLException e) {
            db.close();
            throw e;
        }
        return db;
    }

    // ---- revisions -------------------------------------------------------------------------------------------------------------------

    /** The revision that the cluster is being brought or kept to. */
    public synchronized Optional<Revision> current() {
        return revision("WHERE id = (SELECT value FROM fact WHERE name = 'current')");
    }

    /** The newest revision all of whose objects became healthy. */
    public synchronized Optional<Revision> lastKnownGood() {
        return revision("WHERE good = 1 ORDER BY id DESC LIMIT 1");
    }

    /** The last-known-good revision's commit; "" when there is none yet. */
    public synchronized String lastKnownGoodCommit() {
        return query("SELECT commit_name FROM revision WHERE good = 1 ORDER BY id DESC LIMIT 1", row -> row.getString(1)).stream().findFirst().orElse("");
    }

    private Optional<Revision> revision(String which) {
        return query("SELECT id, commit_name, step, content, reason FROM revision " + which, Journal::readRevision).stream().findFirst();
    }

    private static Revision readRevision(ResultSet row) throws SQLException {
        return new Revision(row.getLong(1), row.getString(2), Step.valueOf(row.getString(3)), row.getBytes(4), row.getString(5));
    }

    /**
     * Begins a revision: from here on its objects may be in the cluster. Those of revisions before stay in the inventory until pruned; of
     * these revisions only the last-known-good is kept.
     */
    public synchronized Revision begin(String commit, byte[] content, Collection<ObjectKey> objects) {
        return transaction(() -> {
            update("DELETE FROM revision WHERE good = 0");
            update("INSERT INTO revision(commit_name, step, content, reason, good) VALUES(?, 'APPLYING', ?, '', 0)", commit, content);
            fact("current", Long.toString(query("SELECT last_insert_rowid()", row -> row.getLong(1)).getFirst()));
            addObjects(objects);
            update("DELETE FROM refusal");
            log("applying", commit, objects.size() + " objects");
            return current().orElseThrow();
        });
    }

    /** Makes the last-known-good revision the one to be applied again; its objects may be in the cluster. */
    public synchronized Revision goBack(Revision good, Collection<ObjectKey> objects, Refusal refusal) {
        return transaction(() -> {
            update("DELETE FROM revision WHERE id <> ?", good.id());
            update("UPDATE revision SET step = 'APPLYING', reason = '' WHERE id = ?", good.id());
            fact("current", Long.toString(good.id()));
            addObjects(objects);
            refuse(refusal);
            log("rolling back", good.commit(), refusal.problems().isEmpty() ? "" : refusal.problems().getFirst().toString());
            return current().orElseThrow();
        });
    }

    public synchronized void step(Revision revision, Step step, String reason) {
        transaction(() -> {
            update("UPDATE revision SET step = ?, reason = ? WHERE id = ?", step.name(), reason, revision.id());
            if (step == Step.HEALTHY) {
                update("UPDATE revision SET good = 1 WHERE id = ?", revision.id());
                update("DELETE FROM revision WHERE id <> ?", revision.id());
            }
            log(step.name().toLowerCase(Locale.ROOT), revision.commit(), reason);
            return null;
        });
    }

    private void addObjects(Collection<ObjectKey> objects) throws SQLException {
        for (ObjectKey key : objects) {
            update("INSERT INTO inventory VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET prune = excluded.prune", key.apiVersion(), key.kind(), key.namespace(), key.name(), key.prune() ? 1 : 0);
        }
    }

    /** Objects that may be in the cluster because of this agent. */
    public synchronized List<ObjectKey> inventory() {
        return query("SELECT api_version, kind, namespace, name, prune FROM inventory",
                row -> new ObjectKey(row.getString(1), row.getString(2), row.getString(3), row.getString(4), row.getInt(5) != 0));
    }

    /** Objects that are pruned, or that the agent leaves alone from now on. */
    public synchronized void forget(Collection<ObjectKey> objects) {
        if (objects.isEmpty()) return;
        transaction(() -> {
            for (ObjectKey key : objects) {
                update("DELETE FROM inventory WHERE api_version = ? AND kind = ? AND namespace = ? AND name = ?", key.apiVersion(), key.kind(), key.namespace(), key.name());
            }
            return null;
        });
    }

    // ---- commits ---------------------------------------------------------------------------------------------------------------------

    /** The newest commit that was fetched; "" before the first. */
    public synchronized String wanted() {
        return fact("wanted");
    }

    /** Notes a newly fetched commit; writes nothing when it is known. */
    public synchronized void fetched(String commit) {
        if (commit.equals(wanted())) return;
        transaction(() -> {
            fact("wanted", commit);
            log("fetched", commit, "");
            return null;
        });
    }

    public synchronized Optional<Refusal> refusal() {
        return query("SELECT commit_name, rolled_back, problems FROM refusal", row -> {
            List<Problem> problems = new ArrayList<>();
            Json.parse(row.getString(3)).forEach(p -> problems.add(new Problem(Json.text(p, "file"), p.path("line").asInt(), Json.text(p, "message"))));
            return new Refusal(row.getString(1), row.getInt(2) != 0, problems);
        }).stream().findFirst();
    }

    /** Notes that the newest commit is not used, and why; the cluster was not changed. */
    public synchronized void refused(Refusal refusal) {
        transaction(() -> {
            refuse(refusal);
            log("refused", refusal.commit(), refusal.problems().isEmpty() ? "" : refusal.problems().getFirst().toString());
            return null;
        });
    }

    /** The refused commit is wanted no more: the branch went back to what is applied. */
    public synchronized void clearRefusal() {
        transaction(() -> {
            update("DELETE FROM refusal");
            return null;
        });
    }

    private void refuse(Refusal refusal) throws SQLException {
        var problems = Json.array();
        refusal.problems().forEach(p -> problems.addObject().put("file", p.file()).put("line", p.line()).put("message", p.message()));
        update("DELETE FROM refusal");
        update("INSERT INTO refusal VALUES(?, ?, ?)", refusal.commit(), refusal.rolledBack() ? 1 : 0, Json.string(problems));
    }

    // ---- outbox ----------------------------------------------------------------------------------------------------------------------

    /**
     * Adds a status message that {@code payload} makes of its sequence number: 1 for the first, one more for each, never given again.
     *
     * @param limit how many messages are kept; the oldest beyond are dropped and counted
     */
    public synchronized Message enqueue(LongFunction<byte[]> payload, int limit) {
        return transaction(() -> {
            update("INSERT INTO outbox(payload) VALUES(x'')");
            long sequence = query("SELECT last_insert_rowid()", row -> row.getLong(1)).getFirst();
            int dropped = update("DELETE FROM outbox WHERE sequence <= ?", sequence - limit);
            if (dropped > 0) fact("dropped", Long.toString(dropped() + dropped));
            byte[] bytes = payload.apply(sequence);
            update("UPDATE outbox SET payload = ? WHERE sequence = ?", bytes, sequence);
            return new Message(sequence, bytes);
        });
    }

    /** The oldest message not yet delivered. */
    public synchronized Optional<Message> oldest() {
        return query("SELECT sequence, payload FROM outbox ORDER BY sequence LIMIT 1", row -> new Message(row.getLong(1), row.getBytes(2))).stream().findFirst();
    }

    public synchronized void delivered(Message message) {
        transaction(() -> update("DELETE FROM outbox WHERE sequence = ?", message.sequence()));
    }

    /** The sequence number given last; 0 before the first. */
    public synchronized long lastSequence() {
        return query("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", row -> row.getLong(1)).stream().findFirst().orElse(0L);
    }

    public synchronized long waiting() {
        return query("SELECT count(*) FROM outbox", row -> row.getLong(1)).getFirst();
    }

    /** Messages dropped because the outbox was full, ever. */
    public synchronized long dropped() {
        String value = fact("dropped");
        return value.isEmpty() ? 0 : Long.parseLong(value);
    }

    // ---- log -------------------------------------------------------------------------------------------------------------------------

    /** The newest steps, oldest first. */
    public synchronized List<Entry> log(int count) {
        List<Entry> entries = new ArrayList<>(query("SELECT time, step, commit_name, detail FROM log ORDER BY id DESC LIMIT " + count,
                row -> new Entry(row.getLong(1), row.getString(2), row.getString(3), row.getString(4))));
        return entries.reversed();
    }

    private void log(String step, String commit, String detail) throws SQLException {
        update("INSERT INTO log(time, step, commit_name, detail) VALUES(?, ?, ?, ?)", clock.millis(), step, commit, detail);
        update("DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - " + LOG_LINES);
    }

    // ---- SQL -------------------------------------------------------------------------------------------------------------------------

    public synchronized String fact(String name) {
        return query("SELECT value FROM fact WHERE name = ?", row -> row.getString(1), name).stream().findFirst().orElse("");
    }

    private void fact(String name, String value) throws SQLException {
        update("INSERT INTO fact VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value);
    }

    private interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    private interface Change<T> {
        T run() throws SQLException;
    }

    private <T> List<T> query(String sql, Row<T> reader, Object... values) {
        try (PreparedStatement statement = prepare(sql, values); ResultSet rows = statement.executeQuery()) {
            List<T> result = new ArrayList<>();
            while (rows.next()) result.add(reader.read(rows));
            return result;
        } catch (SQLException e) {
            throw new IllegalStateException("the agent's journal can't be read: " + e.getMessage(), e);
        }
    }

    private int update(String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(sql, values)) {
            return statement.executeUpdate();
        }
    }

    private PreparedStatement prepare(String sql, Object... values) throws SQLException {
        PreparedStatement statement = db.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
        return statement;
    }

    private <T> T transaction(Change<T> change) {
        try {
            db.setAutoCommit(false);
            try {
                T result = change.run();
                db.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                db.rollback();
                throw e;
            } finally {
                db.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the agent's journal can't be written: " + e.getMessage() + "; is the disk full?", e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            db.close();
        } catch (SQLException e) {
            throw new IllegalStateException("the agent's journal can't be closed: " + e.getMessage(), e);
        }
    }
}
