package io.skerry.datastore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Snapshots of an embedded store: databases without history in the folder {@code snapshots} beside it, named {@code NAME-NODE-SECONDS} with the
 * time in seconds since 1970, as k3s names those of etcd. They are taken while the store is in use, by this or any other process.
 */
public final class SqliteSnapshots {

    /** What a name ends in when nobody has chosen another one: k3s's for those asked for, and for those taken by the clock. */
    public static final String ON_DEMAND = "on-demand";
    public static final String SCHEDULED = "scheduled";
    /**
     * Added to the revision at a restore: whatever was written after the snapshot was taken has used fewer, so that no client meets
     * a revision again. What etcd's documentation advises.
     *
     * @see <a href="https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-with-revision-bump">etcd: restoring with revision bump</a>
     */
    static final long REVISION_BUMP = 1_000_000_000;
    /** Nobody writes more over a longer time. */
    private static final long WRITES_PER_SECOND = 1000;
    private static final Pattern NAME = Pattern.compile("(?<name>[A-Za-z0-9][A-Za-z0-9._-]*)-(?<seconds>[0-9]{9,11})");

    private final Path database;
    private final Clock clock;

    /** @param bytes its size */
    public record Snapshot(String name, Path file, Instant created, long bytes) {}

    /** @param database the store's file */
    public SqliteSnapshots(Path database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    static Path folder(Path database) {
        return database.resolveSibling("snapshots");
    }

    static Optional<Snapshot> newest(Path database) {
        try {
            List<Snapshot> all = new SqliteSnapshots(database, Clock.systemUTC()).list();
            return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
        } catch (DatastoreException e) {
            return Optional.empty();
        }
    }

    /**
     * Copies the store as it is now; what is lazy in a server's memory is not in it. It is on disk when this returns.
     *
     * @param name its first part, {@link #ON_DEMAND} as a rule
     * @param node the name of this node
     */
    public Snapshot save(String name, String node) {
        Instant now = clock.instant();
        String full = name + "-" + node + "-" + now.getEpochSecond();
        if (!NAME.matcher(full).matches()) {
            throw new DatastoreException("a snapshot cannot be named '" + name + "'; use letters, digits, '.', '_' and '-'");
        }
        if (!Files.isRegularFile(database)) {
            throw new DatastoreException("there is no datastore " + database + " to take a snapshot of; check --data-dir");
        }
        Path folder = folder(database);
        Path target = folder.resolve(full);
        Path draft = folder.resolve("." + full + ".new");
        try {
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            removeDrafts(folder);
            if (Files.exists(target)) {
                throw new DatastoreException("snapshot " + full + " is there already; it was taken within the same second");
            }
            // SQLite writes into an empty file, which keeps its mode: there are secrets in it.
            Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                try (Connection connection = SqliteFile.connect(database)) {
                    if (SqliteFile.recognize(connection, database)) {
                        throw new DatastoreException("datastore " + database + " is empty; there is nothing to take a snapshot of");
                    }
                }
                try (Connection copy = SqliteFile.connect(draft)) {
                    copy(copy);
                    SqliteFile.check(copy, database, 0); // it is copied as it is, faults and all
                }
                sync(draft);
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                delete(draft);
            }
            sync(folder);
            return new Snapshot(full, target, Instant.ofEpochSecond(now.getEpochSecond()), Files.size(target));
        } catch (SQLException e) {
            throw SqliteFile.failure(database, "take a snapshot of", e);
        } catch (IOException e) {
            throw new DatastoreException("cannot write snapshot " + target + ": " + e.getMessage() + "; check the folder's owner and its disk's space", e);
        }
    }

    /** Only what is there now: a restore begins without history, and a card is spared it. */
    private void copy(Connection draft) throws SQLException {
        SqliteFile.execute(draft, "PRAGMA journal_mode = OFF"); // it is nothing until it is whole, and is synced then
        SqliteFile.execute(draft, "PRAGMA synchronous = OFF");
        SqliteFile.create(draft);
        try (PreparedStatement attach = draft.prepareStatement("ATTACH ? AS store")) {
            attach.setString(1, database.toString());
            attach.execute();
        }
        SqliteFile.execute(draft, "BEGIN");
        SqliteFile.execute(draft, "INSERT INTO current SELECT * FROM store.current");
        SqliteFile.execute(draft, "UPDATE state SET (high_water, compacted) = (SELECT high_water, high_water FROM store.state)");
        SqliteFile.execute(draft, "COMMIT");
        SqliteFile.execute(draft, "DETACH store");
    }

    /** All of them, the oldest first. */
    public List<Snapshot> list() {
        List<Snapshot> found = new ArrayList<>();
        Path folder = folder(database);
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches() && Files.isRegularFile(file)) {
                    found.add(new Snapshot(name.group(), file, Instant.ofEpochSecond(Long.parseLong(name.group("seconds"))), Files.size(file)));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new DatastoreException("cannot read the snapshots in " + folder + ": " + e.getMessage(), e);
        }
        found.sort(Comparator.comparing(Snapshot::created).thenComparing(Snapshot::name));
        return found;
    }

    /**
     * Deletes all but the newest of those with this first part of their names.
     *
     * @return the deleted ones
     */
    public List<Snapshot> prune(String name, int keep) {
        List<Snapshot> ours = list().stream().filter(snapshot -> snapshot.name().startsWith(name + "-")).toList();
        List<Snapshot> old = ours.subList(0, Math.max(0, ours.size() - keep));
        try {
            for (Snapshot snapshot : old) {
                Files.delete(snapshot.file());
            }
        } catch (IOException e) {
            throw new DatastoreException("cannot delete old snapshots in " + folder(database) + ": " + e.getMessage(), e);
        }
        return old;
    }

    /**
     * Puts a snapshot in the store's place. The store must not be in use; what was there is kept beside it. A power cut leaves the one
     * or the other.
     *
     * @param nameOrFile the name of a snapshot, or a path with a slash in it
     * @return where the former file is kept, or null when there was none
     */
    public Path restore(String nameOrFile) {
        Path source = nameOrFile.contains("/") ? Path.of(nameOrFile) : folder(database).resolve(nameOrFile);
        if (!Files.isRegularFile(source)) {
            throw new DatastoreException("there is no snapshot " + source + "; 'skerry snapshot list' shows what there is");
        }
        try {
            Files.createDirectories(database.toAbsolutePath().getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new DatastoreException("cannot make the folder of " + database + ": " + e.getMessage(), e);
        }
        try (FileLock _ = FileLock.take(database)) {
            finishRestore(database);
            Path draft = database.resolveSibling("." + database.getFileName() + ".restored.new");
            Files.deleteIfExists(draft);
            Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.copy(source, draft, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
            prepare(source, draft);
            sync(draft);
            Files.move(draft, restored(database), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(database.toAbsolutePath().getParent()); // from here on it is restored, now or at the next start
            return finishRestore(database);
        } catch (IOException e) {
            throw new DatastoreException("cannot restore " + source + " to " + database + ": " + e.getMessage(), e);
        }
    }

    private void prepare(Path source, Path draft) throws IOException {
        try (Connection connection = SqliteFile.connect(draft)) {
            if (SqliteFile.recognize(connection, source)) {
                throw new DatastoreException("snapshot " + source + " is empty; choose another");
            }
            SqliteFile.check(connection, source, 0);
            long present = presentHighWater();
            long reached = Math.max(SqliteFile.start(connection, source).highWater(), present > 0 ? present : writtenSince(source));
            // Watchers of the time before have to list anew.
            SqliteFile.execute(connection, "DELETE FROM history");
            SqliteFile.execute(connection, "UPDATE state SET high_water = " + (reached + REVISION_BUMP) + ", compacted = " + (reached + REVISION_BUMP) + ", clean = 1");
        } catch (SQLException e) {
            throw new DatastoreException("snapshot " + source + " cannot be restored: " + e.getMessage() + "; choose another", e);
        }
    }

    /**
     * More than was written since a snapshot was taken, for when the present file cannot tell: it may itself have come from this snapshot.
     */
    private long writtenSince(Path snapshot) throws IOException {
        long seconds = Duration.between(Files.getLastModifiedTime(snapshot).toInstant(), clock.instant()).toSeconds();
        return Files.exists(database) ? Math.max(0, seconds) * WRITES_PER_SECOND + REVISION_BUMP : 0;
    }

    /** The revision that the present file has got to, 0 when it cannot be read any more. */
    private long presentHighWater() {
        if (!Files.isRegularFile(database)) {
            return 0;
        }
        try (Connection connection = SqliteFile.connect(database)) {
            return SqliteFile.recognize(connection, database) ? 0 : SqliteFile.start(connection, database).highWater();
        } catch (SQLException | DatastoreException e) {
            return 0; // it is damaged: that is why something is restored
        }
    }

    /** A file that a restore has kept. @param at when it was replaced */
    public record Replaced(Path file, Instant at) {}

    /** The last one; empty when there was none, or it was deleted. */
    public Optional<Replaced> replaced() {
        try (var files = Files.newDirectoryStream(database.toAbsolutePath().getParent(), database.getFileName() + ".replaced-*[0-9]")) {
            Path newest = null;
            for (Path file : files) {
                newest = newest == null || file.compareTo(newest) > 0 ? file : newest;
            }
            return Optional.ofNullable(newest).map(file -> new Replaced(file, Instant.ofEpochSecond(Long.parseLong(file.toString().substring(file.toString().lastIndexOf('-') + 1)))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new DatastoreException("cannot read the folder of " + database + ": " + e.getMessage(), e);
        }
    }

    private static Path restored(Path database) {
        return database.resolveSibling(database.getFileName() + ".restored");
    }

    /**
     * Completes a restore that was begun, if one was; called by everyone who opens the file, with its lock held.
     *
     * @return where the former file is kept, or null
     */
    static Path finishRestore(Path database) throws IOException {
        Path restored = restored(database);
        if (!Files.exists(restored)) {
            return null;
        }
        // The same name whenever this is tried again, so that file and log end up together.
        String aside = database.getFileName() + ".replaced-" + Files.getLastModifiedTime(restored).toInstant().getEpochSecond();
        Path kept = null;
        for (String suffix : new String[] {"-wal", ""}) {
            Path former = database.resolveSibling(database.getFileName() + suffix);
            if (Files.exists(former)) {
                Files.move(former, database.resolveSibling(aside + suffix), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        if (Files.exists(database.resolveSibling(aside))) {
            kept = database.resolveSibling(aside);
        }
        Files.deleteIfExists(database.resolveSibling(database.getFileName() + "-shm"));
        Files.move(restored, database, StandardCopyOption.ATOMIC_MOVE);
        sync(database.toAbsolutePath().getParent());
        return kept;
    }

    private static void removeDrafts(Path folder) throws IOException {
        try (var drafts = Files.newDirectoryStream(folder, ".*.new*")) { // of a process that was killed
            for (Path draft : drafts) {
                if (Files.getLastModifiedTime(draft).toInstant().isBefore(Instant.now().minusSeconds(3600))) {
                    Files.delete(draft);
                }
            }
        }
    }

    private static void delete(Path draft) {
        for (String suffix : new String[] {"", "-journal"}) {
            try {
                Files.deleteIfExists(draft.resolveSibling(draft.getFileName() + suffix));
            } catch (IOException e) {
                // the next save does
            }
        }
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
