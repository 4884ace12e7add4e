package io.skerry.datastore;

import java.util.Objects;
import java.util.function.Consumer;

/** The store over any database: everything but SQL. */
public abstract class RevisionedDatastore implements Datastore {

    private final Dialect dialect;
    private final View view;
    private final HistoryReader history;
    private final Writer writer;
    private final boolean shared;

    RevisionedDatastore(Dialect dialect, DatastoreOptions options) {
        this.dialect = dialect;
        Dialect.Start start = dialect.start();
        // After a crash nobody knows what lazy writes were seen and lost, so watchers of that time have to list anew.
        long compacted = start.clean() ? start.compacted() : start.highWater();
        this.view = new View(options, start.highWater(), compacted);
        this.history = new HistoryReader(view, dialect);
        this.shared = dialect instanceof SharedDialect;
        try {
            this.writer = new Writer(dialect instanceof SharedDialect others ? new SharedCommitter(options, others, view)
                : new LocalCommitter(options, dialect, view));
        } catch (RuntimeException e) {
            dialect.close();
            throw e;
        }
        writer.start();
        if (dialect instanceof SharedDialect others) {
            others.listen(writer::catchUp);
        }
    }

    @Override
    public boolean isShared() {
        return shared;
    }

    @Override
    public long revision() {
        return view.revision;
    }

    @Override
    public long latestRevision(String prefix) {
        if (!(dialect instanceof SharedDialect others)) {
            return 0;
        }
        long latest = others.latestRevision(prefix);
        if (latest > view.revision) {
            writer.catchUp(); // the notification may be on its way, or lost
        }
        return latest;
    }

    @Override
    public long compactedRevision() {
        return view.compacted;
    }

    @Override
    public Stored create(String key, byte[] value, Durability durability) {
        return writer.create(checked(key), Objects.requireNonNull(value, "value"), durability);
    }

    @Override
    public Stored update(String key, byte[] value, long expectedRevision, Durability durability) {
        return writer.update(checked(key), Objects.requireNonNull(value, "value"), expectedRevision, durability);
    }

    @Override
    public Stored delete(String key, long expectedRevision, Durability durability) {
        return writer.delete(checked(key), expectedRevision, durability);
    }

    @Override
    public Stored get(String key) {
        // In this order: a lazy write leaves memory only after it can be read from the database.
        View.Lazy lazy = view.lazy.get(key);
        if (lazy != null) {
            return lazy.value();
        }
        try (Dialect.Snapshot snapshot = dialect.snapshot()) {
            return snapshot.get(key);
        }
    }

    @Override
    public Page list(String prefix, String startAfter, int limit, long revision) {
        return history.list(prefix, startAfter, limit, revision);
    }

    @Override
    public Watch watch(String prefix, long fromRevisionExclusive, Consumer<Event> sink) {
        var watch = new WatchTask(view, history, prefix, fromRevisionExclusive, sink);
        view.lock.readLock().lock();
        try {
            if (fromRevisionExclusive < view.compacted) {
                throw new CompactedException(fromRevisionExclusive, view.compacted);
            }
            view.watches.add(watch);
        } finally {
            view.lock.readLock().unlock();
        }
        watch.start();
        return watch;
    }

    @Override
    public void compact(long revision) {
        writer.compact(revision);
    }

    @Override
    public void close() {
        try {
            writer.close();
        } finally {
            view.watches.forEach(WatchTask::close);
            dialect.close();
        }
    }

    private static String checked(String key) {
        if (key.isEmpty()) {
            throw new DatastoreException("a key must not be empty");
        }
        return key;
    }
}
