package io.skerry.datastore;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import org.sqlite.JDBC;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** An SQLite file as skerry writes it: how it is opened, recognized and checked, and what its failures mean. */
final class SqliteFile {

    static final int APPLICATION_ID = 0x536b6572; // "Sker", for file(1) and against opening somebody else's database
    static final int FORMAT = 1;

    private SqliteFile() {}

    static Connection connect(Path file) throws SQLException {
        var properties = new Properties();
        properties.setProperty("busy_timeout", "5000"); // an operator's sqlite3 may hold the file for a moment
        return JDBC.createConnection("jdbc:sqlite:" + file, properties);
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static int number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            return row.getInt(1);
        }
    }

    /**
     * Whether the file is new.
     *
     * @throws DatastoreException when it is another program's, or a newer skerry's
     */
    static boolean recognize(Connection connection, Path file) throws SQLException {
        if (number(connection, "SELECT count(*) FROM sqlite_schema") == 0) {
            return true;
        }
        if (number(connection, "PRAGMA application_id") != APPLICATION_ID) {
            throw new DatastoreException("cannot open datastore " + file + ": it is an SQLite database of another program; choose another data folder");
        }
        int format = number(connection, "PRAGMA user_version");
        if (format > FORMAT) {
            throw new DatastoreException("cannot open datastore " + file + ": it has format " + format + ", this skerry knows " + FORMAT
                + "; run the newer skerry, or restore a backup");
        }
        return false;
    }

    /** Makes an empty file a store of this format without any keys, in one transaction. */
    static void create(Connection connection) throws SQLException {
        execute(connection, "PRAGMA auto_vacuum = INCREMENTAL"); // has to come before the first table
        execute(connection, "BEGIN IMMEDIATE");
        execute(connection, "CREATE TABLE current (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, create_revision INTEGER NOT NULL,"
            + " mod_revision INTEGER NOT NULL, value BLOB NOT NULL)");
        // What a write replaced; mod_revision is null when it created the key. Keys come before values so that a scan skips these.
        execute(connection, "CREATE TABLE history (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, deleted INTEGER NOT NULL,"
            + " create_revision INTEGER, mod_revision INTEGER, value BLOB)");
        execute(connection, "CREATE TABLE state (high_water INTEGER NOT NULL, compacted INTEGER NOT NULL, clean INTEGER NOT NULL)");
        execute(connection, "INSERT INTO state VALUES (1, 0, 1)"); // an empty etcd is at revision 1, too
        execute(connection, "PRAGMA application_id = " + APPLICATION_ID);
        execute(connection, "PRAGMA user_version = " + FORMAT);
        execute(connection, "COMMIT");
    }

    /**
     * Looks through the whole file, but its indexes.
     *
     * @param seconds give up looking after so long, 0: never
     * @throws DamagedException when something is found
     */
    static void check(Connection connection, Path file, int seconds) throws SQLException {
        check(connection, file, "PRAGMA quick_check(1)", seconds);
    }

    /** The same with its indexes, however long it takes. */
    static void checkAll(Connection connection, Path file) throws SQLException {
        check(connection, file, "PRAGMA integrity_check(1)", 0);
    }

    private static void check(Connection connection, Path file, String pragma, int seconds) throws SQLException {
        try (Statement statement = connection.createStatement(); AutoCancel _ = new AutoCancel(statement, seconds)) {
            try (ResultSet row = statement.executeQuery(pragma)) {
                row.next();
                if (!"ok".equals(row.getString(1))) {
                    throw new DamagedException(file, row.getString(1).replaceAll("\\s+", " "), null);
                }
            }
        } catch (SQLiteException e) {
            if (e.getResultCode() != SQLiteErrorCode.SQLITE_INTERRUPT) { // a file so large that its first seconds have to do
                throw e;
            }
        }
    }

    /** Cancels a statement after a while: the driver's own query timeout bounds only the wait for locks. */
    private static final class AutoCancel implements AutoCloseable {

        private final Thread timer;

        AutoCancel(Statement statement, int seconds) {
            timer = seconds == 0 ? null : Thread.startVirtualThread(() -> {
                try {
                    Thread.sleep(Duration.ofSeconds(seconds));
                    statement.cancel();
                } catch (InterruptedException | SQLException e) {
                    // it has come to its end
                }
            });
        }

        @Override
        public void close() {
            if (timer != null) {
                timer.interrupt();
            }
        }
    }

    /** What the file says of its revisions. */
    static Dialect.Start start(Connection connection, Path file) throws SQLException {
        try (Statement statement = connection.createStatement();
             ResultSet row = statement.executeQuery("SELECT high_water, compacted, clean FROM state")) {
            if (!row.next()) {
                throw new DamagedException(file, "its state row is missing", null);
            }
            return new Dialect.Start(row.getLong(1), row.getLong(2), row.getBoolean(3));
        }
    }

    static DatastoreException failure(Path file, String what, SQLException e) {
        SQLiteErrorCode code = e instanceof SQLiteException sqlite ? sqlite.getResultCode() : SQLiteErrorCode.UNKNOWN_ERROR;
        if (code == SQLiteErrorCode.SQLITE_FULL || code == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE) {
            return new DiskFullException("cannot " + what + " datastore " + file + ": the disk is full; free some space (" + e.getMessage() + ")", e);
        }
        String advice = switch (SQLiteErrorCode.getErrorCode(code.code & 0xff)) {
            case SQLITE_CORRUPT, SQLITE_NOTADB -> null;
            case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN -> "the file or its folder cannot be opened for writing; check owner, mode and file system";
            case SQLITE_BUSY, SQLITE_LOCKED -> "another program has the file locked; stop it";
            case SQLITE_IOERR -> "the disk reports an error; check the kernel log and the card";
            default -> "this is unexpected; see the cause";
        };
        return advice == null ? new DamagedException(file, e.getMessage(), e) : new DatastoreException("cannot " + what + " datastore " + file + ": " + advice + " (" + e.getMessage() + ")", e);
    }

    /** The file is damaged; the message says what there is to restore. */
    static final class DamagedException extends DatastoreException {

        private final String finding;

        DamagedException(Path file, String what, Throwable cause) {
            super(finding(file, what) + "; " + advice(file), cause);
            finding = finding(file, what);
        }

        private static String finding(Path file, String what) {
            return "datastore " + file + " is damaged (" + what + ")";
        }

        /** The message without the advice. */
        String finding() {
            return finding;
        }

        private static String advice(Path file) {
            return SqliteSnapshots.newest(file).map(snapshot -> "the last snapshot is " + snapshot.name() + " of " + snapshot.created()
                + ": 'skerry snapshot restore " + snapshot.name() + "' puts it in place and keeps the damaged file beside it")
                .orElse("there is no snapshot in " + SqliteSnapshots.folder(file) + ": restore a backup with 'skerry snapshot restore FILE', or move "
                    + file + "* away to start empty");
        }
    }
}
