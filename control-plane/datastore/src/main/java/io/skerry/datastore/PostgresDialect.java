package io.skerry.datastore;

import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * {@link Dialect} of PostgreSQL 12 and newer. All is in the schema {@code skerry}. The one row of its table {@code state} is both the
 * allocator of revisions and the lock that writers take in turn: it is held until the commit, so revisions are committed in their
 * order and none is missing. Each commit notifies the channel {@code skerry}.
 */
final class PostgresDialect implements SharedDialect {

    private static final System.Logger LOG = System.getLogger(PostgresDialect.class.getName());
    static final String CHANNEL = "skerry";
    private static final int FORMAT = 1;
    private static final int READERS = 8;
    private static final long PROBE_AFTER_NANOS = 1_000_000_000L;
    /** A connection that the network has silently dropped is noticed after this long. */
    private static final int HEARTBEAT_MILLIS = 10_000;
    private static final long LONGEST_PAUSE_MILLIS = 5000;

    private final PostgresEndpoint endpoint;
    private final Start start;
    private final Semaphore readersLeft = new Semaphore(READERS);
    private final ConcurrentLinkedDeque<PostgresReader> readers = new ConcurrentLinkedDeque<>();
    private Connection writing;
    private boolean inTurn;
    private volatile boolean closed;
    private volatile int writerPid;
    private volatile Connection listening;
    private Thread listener;

    PostgresDialect(PostgresEndpoint endpoint) {
        this.endpoint = endpoint;
        try (Connection connection = endpoint.connect()) {
            setUp(connection);
            try (Statement statement = connection.createStatement();
                 ResultSet row = statement.executeQuery("SELECT revision, compacted FROM skerry.state")) {
                if (!row.next()) {
                    throw new DatastoreException("datastore " + endpoint + " is damaged: its state row is missing; restore a backup");
                }
                start = new Start(row.getLong(1), row.getLong(2), true);
            }
        } catch (SQLException e) {
            throw endpoint.failure("open", e);
        }
    }

    private void setUp(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(x'536b65727279'::bigint)"); // several servers may start at once
            boolean there;
            try (ResultSet row = statement.executeQuery("SELECT to_regclass('skerry.state') IS NOT NULL")) {
                row.next();
                there = row.getBoolean(1);
            }
            if (!there) {
                statement.execute("CREATE SCHEMA IF NOT EXISTS skerry");
                statement.execute("CREATE TABLE skerry.current (key text COLLATE \"C\" PRIMARY KEY, create_revision bigint NOT NULL,"
                    + " mod_revision bigint NOT NULL, value bytea NOT NULL)");
                // What a write replaced; mod_revision is null when it created the key.
                statement.execute("CREATE TABLE skerry.history (revision bigint PRIMARY KEY, key text COLLATE \"C\" NOT NULL, deleted boolean NOT NULL,"
                    + " create_revision bigint, mod_revision bigint, value bytea)");
                statement.execute("CREATE TABLE skerry.state (revision bigint NOT NULL, compacted bigint NOT NULL, format integer NOT NULL)");
                statement.execute("INSERT INTO skerry.state VALUES (1, 0, " + FORMAT + ")"); // an empty etcd is at revision 1, too
            }
            try (ResultSet row = statement.executeQuery("SELECT format FROM skerry.state")) {
                if (row.next() && row.getInt(1) > FORMAT) {
                    throw new DatastoreException("cannot open datastore " + endpoint + ": it has format " + row.getInt(1) + ", this skerry knows " + FORMAT
                        + "; run the newer skerry, or restore a backup");
                }
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    @Override
    public Start start() {
        return start;
    }

    @Override
    public Turn turn() {
        boolean fresh = writing == null;
        try {
            return takeTurn();
        } catch (SQLException e) {
            rollback();
            DatastoreException failure = endpoint.failure("write", e);
            if (fresh || !(failure instanceof UnreachableException)) {
                throw failure;
            }
        }
        try {
            return takeTurn(); // the kept connection was stale, as after a restart of the database
        } catch (SQLException e) {
            rollback();
            throw endpoint.failure("write", e);
        }
    }

    private Turn takeTurn() throws SQLException {
        if (writing == null) {
            writing = endpoint.connect();
            writing.setAutoCommit(false);
            try (Statement statement = writing.createStatement()) {
                // A server that hangs or is cut off within its turn must not hold up the others.
                statement.execute("SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '15s'; SET statement_timeout = '30s'");
            }
            writing.commit();
            writerPid = writing.unwrap(PGConnection.class).getBackendPID();
        }
        inTurn = true;
        try (PreparedStatement take = writing.prepareStatement("SELECT revision, compacted FROM skerry.state FOR UPDATE"); ResultSet row = take.executeQuery()) {
            if (!row.next()) {
                throw new DatastoreException("datastore " + endpoint + " is damaged: its state row is missing; restore a backup");
            }
            return new Turn(row.getLong(1), row.getLong(2));
        }
    }

    @Override
    public Snapshot pending() {
        return new PostgresReader(endpoint, writing, null);
    }

    @Override
    public Map<String, Stored> read(Collection<String> keys) {
        Map<String, Stored> found = new HashMap<>();
        try (PreparedStatement select = writing.prepareStatement("SELECT key, value, create_revision, mod_revision FROM skerry.current WHERE key = ANY (?)")) {
            select.setArray(1, writing.createArrayOf("text", keys.toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    found.put(row.getString(1), new Stored(row.getString(1), row.getBytes(2), row.getLong(3), row.getLong(4)));
                }
            }
            return found;
        } catch (SQLException e) {
            throw endpoint.failure("read", e);
        }
    }

    @Override
    public boolean stage(Changes changes) {
        try {
            record(changes);
            put(changes);
            if (!changes.deletes().isEmpty()) {
                try (PreparedStatement remove = writing.prepareStatement("DELETE FROM skerry.current WHERE key = ANY (?)")) {
                    remove.setArray(1, writing.createArrayOf("text", changes.deletes().toArray()));
                    remove.executeUpdate();
                }
            }
            try (PreparedStatement state = writing.prepareStatement("WITH s AS (UPDATE skerry.state SET revision = ?, compacted = ? RETURNING revision)"
                    + " SELECT pg_notify('" + CHANNEL + "', revision::text) FROM s")) {
                state.setLong(1, changes.highWater());
                state.setLong(2, changes.compacted());
                state.execute();
            }
            return changes.sweep() > 0 && sweep(changes.compacted(), changes.sweep());
        } catch (SQLException e) {
            throw endpoint.failure("write", e);
        }
    }

    private void record(Changes changes) throws SQLException {
        try (PreparedStatement record = writing.prepareStatement(
                "INSERT INTO skerry.history (revision, key, deleted, create_revision, mod_revision, value) VALUES (?, ?, ?, ?, ?, ?)")) {
            for (Event event : changes.history()) {
                Stored previous = event.previousOrNull();
                record.setLong(1, event.revision());
                record.setString(2, event.key());
                record.setBoolean(3, event.type() == Event.Type.DELETE);
                record.setObject(4, previous == null ? null : previous.createRevision(), java.sql.Types.BIGINT);
                record.setObject(5, previous == null ? null : previous.modRevision(), java.sql.Types.BIGINT);
                record.setBytes(6, previous == null ? null : previous.value());
                record.addBatch();
            }
            record.executeBatch();
        }
    }

    private void put(Changes changes) throws SQLException {
        try (PreparedStatement put = writing.prepareStatement("INSERT INTO skerry.current (key, create_revision, mod_revision, value) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (key) DO UPDATE SET create_revision = excluded.create_revision, mod_revision = excluded.mod_revision, value = excluded.value")) {
            for (Stored stored : changes.puts()) {
                put.setString(1, stored.key());
                put.setLong(2, stored.createRevision());
                put.setLong(3, stored.modRevision());
                put.setBytes(4, stored.value());
                put.addBatch();
            }
            put.executeBatch();
        }
    }

    private boolean sweep(long compacted, int limit) throws SQLException {
        try (PreparedStatement sweep = writing.prepareStatement(
                "DELETE FROM skerry.history WHERE revision IN (SELECT revision FROM skerry.history WHERE revision <= ? ORDER BY revision LIMIT ?)")) {
            sweep.setLong(1, compacted);
            sweep.setInt(2, limit);
            return sweep.executeUpdate() == limit;
        }
    }

    @Override
    public void commit() {
        try {
            writing.commit();
            inTurn = false;
        } catch (SQLException e) {
            throw endpoint.failure("write", e);
        }
    }

    @Override
    public void rollback() {
        if (!inTurn) {
            return;
        }
        inTurn = false;
        try {
            writing.rollback();
        } catch (SQLException e) {
            closeQuietly(writing); // the database gives up the transaction with the connection
            writing = null;
        }
    }

    @Override
    public void tidy() {
        // autovacuum does
    }

    @Override
    public PostgresReader snapshot() {
        readersLeft.acquireUninterruptibly();
        PostgresReader reader = null;
        try {
            if (closed) {
                throw new DatastoreException("the datastore is closed");
            }
            for (PostgresReader kept = readers.poll(); reader == null && kept != null; kept = reader == null ? readers.poll() : null) {
                if (System.nanoTime() - kept.usedNanos() < PROBE_AFTER_NANOS || kept.connection().isValid(2)) {
                    reader = kept;
                } else {
                    closeQuietly(kept.connection());
                }
            }
            if (reader == null) {
                Connection connection = endpoint.connect();
                connection.setReadOnly(true);
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                reader = new PostgresReader(endpoint, connection, this::release);
            }
            return reader;
        } catch (SQLException e) {
            throw endpoint.failure("read", e);
        } finally {
            if (reader == null) {
                readersLeft.release();
            }
        }
    }

    @Override
    public long latestRevision(String prefix) {
        try (PostgresReader reader = snapshot()) {
            return reader.latestRevision(prefix);
        }
    }

    private void release(PostgresReader reader, boolean usable) {
        if (usable) {
            readers.push(reader);
        } else {
            closeQuietly(reader.connection());
        }
        readersLeft.release();
    }

    @Override
    public void listen(Runnable changed) {
        listener = Thread.ofPlatform().daemon().name("datastore-listen").start(() -> listenOn(changed));
    }

    private void listenOn(Runnable changed) {
        long pause = 50;
        boolean told = false;
        while (!closed) {
            try (Connection connection = endpoint.connect(); Statement statement = connection.createStatement()) {
                listening = connection;
                statement.execute("LISTEN " + CHANNEL);
                pause = 50;
                told = false;
                changed.run(); // of what came before nobody told us
                PGConnection postgres = connection.unwrap(PGConnection.class);
                while (!closed) {
                    PGNotification[] notifications = postgres.getNotifications(HEARTBEAT_MILLIS);
                    if (notifications == null || notifications.length == 0) {
                        statement.execute(""); // throws when the connection is dead
                        continue;
                    }
                    for (PGNotification notification : notifications) {
                        if (notification.getPID() != writerPid) {
                            changed.run();
                            break;
                        }
                    }
                }
            } catch (SQLException e) {
                if (!closed && !told) {
                    LOG.log(Level.WARNING, "The datastore does not hear of other servers'' changes for now: {0}", endpoint.failure("follow", e).getMessage());
                    told = true;
                }
                try {
                    Thread.sleep(closed ? 0 : pause);
                } catch (InterruptedException i) {
                    return;
                }
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            }
        }
    }

    /** Waits for the readers that are at work. The writer has ended. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (listener != null) {
            listener.interrupt();
            closeQuietly(listening);
        }
        readersLeft.acquireUninterruptibly(READERS);
        for (PostgresReader reader = readers.poll(); reader != null; reader = readers.poll()) {
            closeQuietly(reader.connection());
        }
        closeQuietly(writing);
        readersLeft.release(READERS);
    }

    private static void closeQuietly(Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                // nothing was written through it, or the failure that led here is the one to tell
            }
        }
    }
}
