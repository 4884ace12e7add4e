package io.skerry.datastore;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.LockSupport;

/**
 * Moves what is in the write-ahead log into the database file, beside the writes and not within one: a thread copies with a connection
 * of its own. Once it has caught up, the next write starts the log over. Where writes come without a pause it never does, so the
 * writer itself then copies the few frames that came meanwhile, which costs that one write a sync of the file. By then the thread has
 * synced all that it copied: SQLite does so only for who comes to the log's end, and the writer would wait for all of it.
 *
 * @see <a href="https://www.sqlite.org/wal.html#ckpt">Write-Ahead Logging: checkpointing</a>
 */
final class SqliteCheckpoints implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(SqliteCheckpoints.class.getName());
    /** Pages of the log, 4 KiB each, that make a checkpoint worth it. */
    private static final int FRAMES = 1000;
    /** So few are left to the writer. */
    private static final int REMAINDER = 64;
    private static final int ROUNDS = 4;
    private static final long RETRY_NANOS = 5_000_000_000L;

    private record Log(long frames, long copied) {}

    private final Path file;
    private final Connection connection;
    /** Open for as long as SQLite has the file: closing any descriptor of it gives up this process's locks on it (fcntl(2)). */
    private final FileChannel database;
    private final Thread thread = new Thread(this::run, "datastore-checkpoint");
    private volatile boolean asked;
    /** The thread has just copied all but a few frames. */
    private volatile boolean copied;
    private volatile boolean closed;
    private long notBefore = System.nanoTime();

    /** @param connection its own from now on */
    SqliteCheckpoints(Path file, Connection connection) throws SQLException, IOException {
        this.file = file;
        this.connection = connection;
        database = FileChannel.open(file, StandardOpenOption.WRITE);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = FULL");
            statement.execute("PRAGMA wal_autocheckpoint = 0");
        }
        thread.setDaemon(true);
        thread.start();
    }

    /** The writer has committed, through this connection. */
    void committed(Connection writer) {
        try {
            if (asked || System.nanoTime() - notBefore < 0) {
                return;
            }
            boolean few = copied;
            copied = false;
            Log log = checkpoint(writer, "NOOP");
            if (few && log.frames() > FRAMES) {
                checkpoint(writer, "PASSIVE");
            } else if (log.frames() - log.copied() > FRAMES) {
                ask();
            }
        } catch (SQLException e) {
            failed(e);
        }
    }

    /** Asks for a checkpoint of whatever there is. */
    void ask() {
        asked = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            if (!asked) {
                LockSupport.park(this);
                continue;
            }
            try {
                Log log = checkpoint(connection, "PASSIVE");
                for (int round = 1; round < ROUNDS && log.frames() - log.copied() > REMAINDER; round++) {
                    log = checkpoint(connection, "PASSIVE");
                }
                // Also when all seems copied: the figures are of the log as it was when the round began.
                database.force(false);
                copied = true;
            } catch (SQLException | IOException e) {
                failed(e);
            } finally {
                asked = false;
            }
        }
    }

    /** The log stays longer; nothing is lost by that. The writes themselves tell their writers when the disk is ill. */
    private void failed(Exception e) {
        notBefore = System.nanoTime() + RETRY_NANOS;
        if (!closed) {
            LOG.log(Level.WARNING, "The write-ahead log of {0} could not be moved into the file: {1}", file, e.getMessage());
        }
    }

    private static Log checkpoint(Connection connection, String mode) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
            return row.next() ? new Log(row.getLong(2), row.getLong(3)) : new Log(0, 0);
        }
    }

    /** After all other connections: the last one's close moves the rest of the log and removes it, and the file's locks are needed until then. */
    @Override
    public void close() throws SQLException, IOException {
        closed = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        connection.close();
        database.close();
    }
}
