package io.skerry.datastore;

import io.skerry.datastore.SharedDialect.Turn;
import io.skerry.datastore.SharedDialect.UnreachableException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Commits to a database that others write to as well. Each batch takes its turn, first makes visible what others have written since,
 * then decides and commits. {@link Durability#LAZY} writes are durable here: what is only in one server's memory, the others would
 * not see.
 */
final class SharedCommitter implements Committer {

    private static final System.Logger LOG = System.getLogger(SharedCommitter.class.getName());
    private static final int CHUNK = 1000;
    /** How long a write waits for a database that cannot be reached. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 2000;

    private final SharedDialect dialect;
    private final View view;
    private final Compaction compaction;
    private boolean reachable = true;

    SharedCommitter(DatastoreOptions options, SharedDialect dialect, View view) {
        this.dialect = dialect;
        this.view = view;
        this.compaction = new Compaction(options, view);
    }

    @Override
    public long idleNanos() {
        return reachable ? Long.MAX_VALUE : LONGEST_PAUSE_MILLIS * 1_000_000;
    }

    @Override
    public void write(List<Write> batch, boolean closing) {
        boolean anything = batch.stream().anyMatch(write -> write.changes() || write.kind() == Write.Kind.COMPACT);
        if (closing && !anything) {
            batch.forEach(write -> write.done().complete(null)); // all that was told to be written is
            return;
        }
        Decisions decisions;
        try {
            decisions = commit(batch, turn(anything && reachable));
        } catch (RuntimeException e) {
            dialect.rollback();
            if (reachable) {
                LOG.log(Level.WARNING, "The datastore could not {0}: {1}", anything ? "write" : "catch up", e.getMessage());
            }
            reachable = false;
            batch.forEach(write -> write.done().completeExceptionally(e));
            return;
        }
        if (!reachable) {
            LOG.log(Level.INFO, "The datastore can be reached again");
        }
        reachable = true;
        decisions.tell();
    }

    /** @param wait whether to try for a while; when the last batch did so in vain, once is enough */
    private Turn turn(boolean wait) {
        long deadline = System.nanoTime() + (wait ? PATIENCE_NANOS : 0);
        for (long pause = FIRST_PAUSE_MILLIS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
            try {
                return dialect.turn();
            } catch (UnreachableException e) {
                if (System.nanoTime() + pause * 1_000_000 >= deadline) {
                    throw e;
                }
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException i) {
                    throw e; // nobody has a reason to interrupt the writer's thread
                }
            }
        }
    }

    private Decisions commit(List<Write> batch, Turn turn) {
        if (turn.revision() < view.revision) {
            throw new DatastoreException("the database went back from revision " + view.revision + " to " + turn.revision()
                + ", as when an old backup is restored; restart every server on it");
        }
        catchUp(turn);
        long compacted = Math.max(turn.compacted(), compaction.due());
        Decisions decisions = Decisions.of(batch, turn.revision(), turn.revision(), compacted, dialect::read);
        List<Event> events = decisions.events();
        if (events.isEmpty() && decisions.compacted() <= turn.compacted()) {
            dialect.rollback();
            published(List.of(), turn.compacted());
            return decisions;
        }
        int sweep = compaction.sweep(events.size(), decisions.compacted());
        boolean more = dialect.stage(Decisions.changes(events, decisions.lastRevision(), decisions.compacted(), true, sweep));
        dialect.commit();
        published(events, decisions.compacted());
        compaction.swept(more);
        return decisions;
    }

    /** Publishes the others' changes, within our turn: nothing can come between them and our own. */
    private void catchUp(Turn turn) {
        if (view.revision < turn.compacted() && view.revision < turn.revision()) {
            LOG.log(Level.WARNING, "Changes up to revision {0} were compacted before this server saw them", Long.toString(turn.compacted()));
            view.lock.writeLock().lock();
            try {
                view.skipTo(turn.compacted());
            } finally {
                view.lock.writeLock().unlock();
            }
        }
        while (view.revision < turn.revision()) {
            var events = new ArrayList<Event>();
            HistoryReader.readChanges(dialect.pending(), "", view.revision, turn.revision(), CHUNK, events);
            if (events.isEmpty()) {
                throw new DatastoreException("the history of revisions " + (view.revision + 1) + " to " + turn.revision() + " is missing; did another program delete it?");
            }
            events.sort(Comparator.comparingLong(Event::revision));
            published(events, view.compacted);
        }
    }

    private void published(List<Event> events, long compacted) {
        view.lock.writeLock().lock();
        try {
            view.compacted = Math.max(view.compacted, compacted);
            view.publish(events);
        } finally {
            view.lock.writeLock().unlock();
        }
        compaction.sample();
    }
}
