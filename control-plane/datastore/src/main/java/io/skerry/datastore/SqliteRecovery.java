package io.skerry.datastore;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/** Brings a damaged embedded store back without an operator, for devices that nobody is near to. */
final class SqliteRecovery {

    private static final System.Logger LOG = System.getLogger(SqliteRecovery.class.getName());

    private SqliteRecovery() {}

    /**
     * Puts the newest snapshot that is not damaged itself in the store's place; the damaged file is kept beside it.
     *
     * @param damage what was found, thrown on when no snapshot can be restored
     */
    static void restore(Path database, SqliteFile.DamagedException damage) {
        SqliteSnapshots snapshots = new SqliteSnapshots(database, Clock.systemUTC());
        List<SqliteSnapshots.Snapshot> newestFirst = snapshots.list().reversed();
        for (SqliteSnapshots.Snapshot snapshot : newestFirst) {
            try {
                Path kept = snapshots.restore(snapshot.name());
                LOG.log(Level.ERROR, "{0}. It was replaced by snapshot {1} of {2}: what was written since then is lost. The damaged file is kept as {3}."
                    + " A card that damages files is at its end: look for errors in the kernel log", damage.finding(), snapshot.name(), snapshot.created(), kept);
                return;
            } catch (DatastoreException e) {
                LOG.log(Level.WARNING, "Snapshot {0} is of no use: {1}", snapshot.name(), e instanceof SqliteFile.DamagedException found ? found.finding() : e.getMessage());
                damage.addSuppressed(e);
            }
        }
        throw damage;
    }
}
