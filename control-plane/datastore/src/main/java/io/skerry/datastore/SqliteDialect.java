package io.skerry.datastore;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
import java.util.function.Consumer;
import java.util.function.Predicate;

/** {@link Dialect} of SQLite: WAL, one writing connection, a few reading ones. */
final class SqliteDialect implements Dialect {

    private static final System.Logger LOG = System.getLogger(SqliteDialect.class.getName());
    private static final int READERS = 4;
    /** Unused pages beyond this many are given back to the file system, some with each transaction. */
    private static final int SPARE_PAGES = 256;
    private static final int RECLAIM_PAGES = 128;
    /** Of forgotten values so many bytes are deleted with one transaction, or twice as many rows as it adds: each of their pages is read. */
    private static final long SWEEP_BYTES = 1 << 20;
    /** A file is looked through at each start, but a large one must not hold that up. */
    private static final int CHECK_SECONDS = 3;
    /** After a crash a damage is likelier. */
    private static final int CRASH_CHECK_SECONDS = 20;

    private final Path file;
    private final Consumer<DatastoreException> damaged;
    private final FileLock lock;
    private final Connection connection;
    private final Semaphore readersLeft = new Semaphore(READERS);
    private final ConcurrentLinkedDeque<Reader> readers = new ConcurrentLinkedDeque<>();
    private final Start start;
    private final PreparedStatement read;
    private final PreparedStatement put;
    private final PreparedStatement remove;
    private final PreparedStatement record;
    private final PreparedStatement state;
    private final PreparedStatement forgotten;
    private final PreparedStatement sweep;
    private final SqliteCheckpoints checkpoints;
    private volatile boolean closed;

    /** @param damaged is told when the file is found damaged while it is in use; see {@link DatastoreOptions#damaged} */
    SqliteDialect(Path file, Consumer<DatastoreException> damaged) {
        this.file = file;
        this.damaged = damaged;
        FileLock taken = null;
        Connection opened = null;
        boolean ready = false;
        try {
            makeFolder();
            taken = FileLock.take(file);
            SqliteSnapshots.finishRestore(file);
            makeFile();
            opened = SqliteFile.connect(file);
            lock = taken;
            connection = opened;
            SqliteSuspicion.settle(connection, file);
            setUp();
            start = SqliteFile.start(connection, file);
            SqliteFile.check(connection, file, start.clean() ? CHECK_SECONDS : CRASH_CHECK_SECONDS);
            read = connection.prepareStatement("SELECT value, create_revision, mod_revision FROM current WHERE key = ?");
            put = connection.prepareStatement("INSERT INTO current (key, create_revision, mod_revision, value) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (key) DO UPDATE SET create_revision = excluded.create_revision, mod_revision = excluded.mod_revision, value = excluded.value");
            remove = connection.prepareStatement("DELETE FROM current WHERE key = ?");
            record = connection.prepareStatement("INSERT INTO history (revision, key, deleted, create_revision, mod_revision, value) VALUES (?, ?, ?, ?, ?, ?)");
            state = connection.prepareStatement("UPDATE state SET high_water = ?, compacted = ?, clean = ?"
                + " WHERE high_water <> ?1 OR compacted <> ?2 OR clean <> ?3");
            forgotten = connection.prepareStatement("SELECT revision, length(value) FROM history WHERE revision <= ? ORDER BY revision LIMIT ?");
            sweep = connection.prepareStatement("DELETE FROM history WHERE revision <= ?");
            checkpoints = new SqliteCheckpoints(file, SqliteFile.connect(file));
            ready = true;
        } catch (SQLException e) {
            DatastoreException failure = SqliteFile.failure(file, "open", e);
            SqliteSuspicion.raise(file, failure, e);
            throw failure;
        } catch (IOException e) {
            throw new DatastoreException("cannot open datastore " + file + ": " + reason(e) + "; check the folder's owner, mode and file system", e);
        } finally {
            if (!ready) {
                closeQuietly(opened);
                if (taken != null) {
                    taken.close();
                }
            }
        }
    }

    private void makeFolder() throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("not a regular file");
        }
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private void makeFile() throws IOException {
        try {
            // Secrets are in it. SQLite gives its other files the mode of this one.
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isRegularFile(file)) {
                throw new IOException("not a regular file", e);
            }
        }
    }

    private void setUp() throws SQLException {
        if (SqliteFile.recognize(connection, file)) {
            SqliteFile.create(connection);
        }
        execute("PRAGMA journal_mode = WAL");
        execute("PRAGMA synchronous = FULL");
        execute("PRAGMA wal_autocheckpoint = 0"); // SqliteCheckpoints does it, beside the writes
        execute("PRAGMA journal_size_limit = " + (4 << 20));
    }

    @Override
    public Start start() {
        return start;
    }

    @Override
    public Map<String, Stored> read(Collection<String> keys) {
        try {
            Map<String, Stored> found = new HashMap<>();
            for (String key : keys) {
                Stored stored = get(read, key);
                if (stored != null) {
                    found.put(key, stored);
                }
            }
            return found;
        } catch (SQLException e) {
            throw failure("read", e);
        }
    }

    @Override
    public boolean stage(Changes changes) {
        try {
            execute("BEGIN IMMEDIATE");
            for (Event event : changes.history()) {
                Stored previous = event.previousOrNull();
                record.setLong(1, event.revision());
                record.setString(2, event.key());
                record.setInt(3, event.type() == Event.Type.DELETE ? 1 : 0);
                record.setObject(4, previous == null ? null : previous.createRevision());
                record.setObject(5, previous == null ? null : previous.modRevision());
                record.setBytes(6, previous == null ? null : previous.value());
                record.executeUpdate();
            }
            for (Stored stored : changes.puts()) {
                put.setString(1, stored.key());
                put.setLong(2, stored.createRevision());
                put.setLong(3, stored.modRevision());
                put.setBytes(4, stored.value());
                put.executeUpdate();
            }
            for (String key : changes.deletes()) {
                remove.setString(1, key);
                remove.executeUpdate();
            }
            state.setLong(1, changes.highWater());
            state.setLong(2, changes.compacted());
            state.setInt(3, changes.clean() ? 1 : 0);
            state.executeUpdate();
            return changes.sweep() > 0 && sweep(changes.compacted(), changes.sweep(), 2 * changes.history().size());
        } catch (SQLException e) {
            throw failure("write", e);
        }
    }

    /** @param least so many rows at least, however large they are */
    private boolean sweep(long compacted, int limit, int least) throws SQLException {
        forgotten.setLong(1, compacted);
        forgotten.setInt(2, limit);
        long last = 0;
        int rows = 0;
        long bytes = 0;
        try (ResultSet row = forgotten.executeQuery()) {
            while ((rows < least || bytes < SWEEP_BYTES) && row.next()) {
                last = row.getLong(1);
                bytes += row.getLong(2);
                rows++;
            }
        }
        if (rows > 0) {
            sweep.setLong(1, last);
            sweep.executeUpdate();
        }
        int spare = SqliteFile.number(connection, "PRAGMA freelist_count") - SPARE_PAGES;
        if (spare > 0) {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("PRAGMA incremental_vacuum(" + Math.min(spare, RECLAIM_PAGES) + ")"); // execute() would free one page only
            }
        }
        return rows == limit || bytes >= SWEEP_BYTES || spare > RECLAIM_PAGES;
    }

    @Override
    public void commit() {
        try {
            execute("COMMIT");
        } catch (SQLException e) {
            throw failure("write", e);
        }
        checkpoints.committed(connection);
    }

    @Override
    public void tidy() {
        checkpoints.ask();
    }

    @Override
    public void rollback() {
        try {
            execute("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has rolled back by itself after most failures, and then says that no transaction is active
        }
    }

    @Override
    public Snapshot snapshot() {
        readersLeft.acquireUninterruptibly();
        Reader reader = null;
        try {
            if (closed) {
                throw new DatastoreException("the datastore is closed");
            }
            reader = readers.poll();
            if (reader == null) {
                reader = new Reader(SqliteFile.connect(file));
            }
            return reader;
        } catch (SQLException e) {
            throw failure("read", e);
        } finally {
            if (reader == null) {
                readersLeft.release();
            }
        }
    }

    /** Waits for the readers that are at work. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        readersLeft.acquireUninterruptibly(READERS);
        try {
            for (Reader reader = readers.poll(); reader != null; reader = readers.poll()) {
                closeQuietly(reader.connection);
            }
            connection.close();
            checkpoints.close();
        } catch (SQLException e) {
            throw failure("close", e);
        } catch (IOException e) {
            throw new DatastoreException("cannot close datastore " + file + ": " + reason(e), e);
        } finally {
            readersLeft.release(READERS);
            lock.close();
        }
    }

    private void execute(String sql) throws SQLException {
        SqliteFile.execute(connection, sql);
    }

    private static Stored get(PreparedStatement select, String key) throws SQLException {
        select.setString(1, key);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? new Stored(key, row.getBytes(1), row.getLong(2), row.getLong(3)) : null;
        }
    }

    private DatastoreException failure(String what, SQLException e) {
        DatastoreException failure = SqliteFile.failure(file, what, e);
        if (SqliteSuspicion.raise(file, failure, e)) {
            LOG.log(Level.ERROR, "{0}. The next start looks at all of it", failure.getMessage());
            damaged.accept(failure);
        }
        return failure;
    }

    private static String reason(IOException e) {
        return switch (e) {
            case java.nio.file.AccessDeniedException x -> "permission denied: " + x.getFile();
            case java.nio.file.NoSuchFileException x -> "no such file: " + x.getFile();
            case FileAlreadyExistsException x -> "not a folder: " + x.getFile();
            default -> e.getMessage();
        };
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

    private final class Reader implements Snapshot {

        private final Connection connection;
        private final PreparedStatement get;
        private final PreparedStatement range;
        private final PreparedStatement count;
        private final PreparedStatement changes;
        private boolean begun;

        Reader(Connection connection) throws SQLException {
            this.connection = connection;
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA query_only = 1");
                statement.execute("PRAGMA cache_size = -256"); // KiB; the operating system caches as well
            }
            get = connection.prepareStatement("SELECT value, create_revision, mod_revision FROM current WHERE key = ?");
            range = connection.prepareStatement("SELECT key, value, create_revision, mod_revision FROM current WHERE key >= ? AND key < ? ORDER BY key LIMIT ?");
            count = connection.prepareStatement("SELECT count(*) FROM current WHERE key >= ? AND key < ?");
            changes = connection.prepareStatement("SELECT revision, key, deleted, create_revision, mod_revision, value FROM history WHERE revision > ? ORDER BY revision");
        }

        @Override
        public long begin() {
            try (Statement statement = connection.createStatement()) {
                statement.execute("BEGIN");
                begun = true;
                try (ResultSet row = statement.executeQuery("SELECT compacted FROM state")) { // the first read fixes what a transaction sees
                    return row.getLong(1);
                }
            } catch (SQLException e) {
                throw failure("read", e);
            }
        }

        @Override
        public Stored get(String key) {
            try {
                return SqliteDialect.get(get, key);
            } catch (SQLException e) {
                throw failure("read", e);
            }
        }

        @Override
        public void range(String from, String to, int limit, Consumer<Stored> sink) {
            try {
                range.setString(1, from);
                range.setString(2, to);
                range.setInt(3, limit);
                try (ResultSet row = range.executeQuery()) {
                    while (row.next()) {
                        sink.accept(new Stored(row.getString(1), row.getBytes(2), row.getLong(3), row.getLong(4)));
                    }
                }
            } catch (SQLException e) {
                throw failure("read", e);
            }
        }

        @Override
        public long count(String from, String to) {
            try {
                count.setString(1, from);
                count.setString(2, to);
                try (ResultSet row = count.executeQuery()) {
                    return row.getLong(1);
                }
            } catch (SQLException e) {
                throw failure("read", e);
            }
        }

        @Override
        public void changesAfter(long revision, Predicate<Change> visitor) {
            try {
                changes.setLong(1, revision);
                try (ResultSet row = changes.executeQuery()) {
                    while (row.next() && visitor.test(new Row(row))) {
                    }
                }
            } catch (SQLException e) {
                throw failure("read", e);
            }
        }

        @Override
        public void close() {
            boolean usable = true;
            if (begun) {
                begun = false;
                try (Statement statement = connection.createStatement()) {
                    statement.execute("COMMIT");
                } catch (SQLException e) {
                    usable = false;
                    closeQuietly(connection);
                }
            }
            if (usable) {
                readers.push(this);
            }
            readersLeft.release();
        }
    }

    private final class Row implements Change {

        private final ResultSet row;
        private final long revision;
        private final String key;

        Row(ResultSet row) throws SQLException {
            this.row = row;
            this.revision = row.getLong(1);
            this.key = row.getString(2);
        }

        @Override
        public long revision() {
            return revision;
        }

        @Override
        public String key() {
            return key;
        }

        @Override
        public boolean deleted() {
            try {
                return row.getBoolean(3);
            } catch (SQLException e) {
                throw failure("read", e);
            }
        }

        @Override
        public Stored replaced() {
            try {
                long modRevision = row.getLong(5);
                return row.wasNull() ? null : new Stored(key, row.getBytes(6), row.getLong(4), modRevision);
            } catch (SQLException e) {
                throw failure("read", e);
            }
        }
    }
}
