package io.skerry.datastore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A reader of {@link PostgresDialect}: a pooled connection, or the writer's own within its turn. */
final class PostgresReader implements Dialect.Snapshot {

    /** Rows that are fetched at once where many may come. */
    private static final int FETCH = 500;

    interface Release {
        void release(PostgresReader reader, boolean usable);
    }

    private final PostgresEndpoint endpoint;
    private final Connection connection;
    private final Release release;
    private boolean begun;
    private boolean broken;
    private long usedNanos = System.nanoTime();

    /** @param release where it goes after use; null for the writer's, which stays where it is */
    PostgresReader(PostgresEndpoint endpoint, Connection connection, Release release) {
        this.endpoint = endpoint;
        this.connection = connection;
        this.release = release;
    }

    Connection connection() {
        return connection;
    }

    long usedNanos() {
        return usedNanos;
    }

    @Override
    public long begin() {
        try {
            connection.setAutoCommit(false);
            begun = true;
            // The first read fixes what a transaction sees.
            try (PreparedStatement first = connection.prepareStatement("SELECT compacted FROM skerry.state"); ResultSet row = first.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    long latestRevision(String prefix) {
        try (PreparedStatement select = connection.prepareStatement("SELECT revision FROM skerry.history WHERE key >= ? AND key < ? ORDER BY revision DESC LIMIT 1")) {
            select.setString(1, prefix);
            select.setString(2, HistoryReader.end(prefix));
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public Stored get(String key) {
        try (PreparedStatement select = connection.prepareStatement("SELECT value, create_revision, mod_revision FROM skerry.current WHERE key = ?")) {
            select.setString(1, key);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? new Stored(key, row.getBytes(1), row.getLong(2), row.getLong(3)) : null;
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public void range(String from, String to, int limit, Consumer<Stored> sink) {
        try (PreparedStatement select = connection.prepareStatement("SELECT key, value, create_revision, mod_revision FROM skerry.current WHERE key "
                + after(from) + " ? AND key < ? ORDER BY key LIMIT ?")) {
            select.setFetchSize(FETCH);
            select.setString(1, stripped(from));
            select.setString(2, stripped(to));
            select.setInt(3, limit);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    sink.accept(new Stored(row.getString(1), row.getBytes(2), row.getLong(3), row.getLong(4)));
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public long count(String from, String to) {
        try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FROM skerry.current WHERE key " + after(from) + " ? AND key < ?")) {
            select.setString(1, stripped(from));
            select.setString(2, stripped(to));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    // "The first key after k" is k with a NUL behind it, which PostgreSQL's text cannot hold.
    private static String after(String from) {
        return from.endsWith("\0") ? ">" : ">=";
    }

    private static String stripped(String key) {
        return key.endsWith("\0") ? key.substring(0, key.length() - 1) : key;
    }

    @Override
    public void changesAfter(long revision, Predicate<Dialect.Change> visitor) {
        try (PreparedStatement select = connection.prepareStatement("SELECT revision, key, deleted, create_revision, mod_revision, value FROM skerry.history"
                + " WHERE revision > ? ORDER BY revision")) {
            select.setFetchSize(FETCH);
            select.setLong(1, revision);
            try (ResultSet row = select.executeQuery()) {
                while (row.next() && visitor.test(new Row(row.getLong(1), row.getString(2), row.getBoolean(3), replaced(row)))) {
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private record Row(long revision, String key, boolean deleted, Stored replaced) implements Dialect.Change {}

    private static Stored replaced(ResultSet row) throws SQLException {
        long modRevision = row.getLong(5);
        return row.wasNull() ? null : new Stored(row.getString(2), row.getBytes(6), row.getLong(4), modRevision);
    }

    @Override
    public void close() {
        if (release == null) {
            return;
        }
        if (begun && !broken) {
            try {
                connection.commit();
                connection.setAutoCommit(true);
            } catch (SQLException e) {
                broken = true;
            }
        }
        begun = false;
        usedNanos = System.nanoTime();
        release.release(this, !broken);
    }

    private DatastoreException failed(SQLException e) {
        broken = true;
        return endpoint.failure("read", e);
    }
}
