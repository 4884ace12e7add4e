package io.skerry.datastore;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Remembers that a database was seen damaged, or could not be read, while it was in use: the look at each start is a short one and sees no index.
 * A file beside it ({@code state.db.suspect}, its text is the finding) makes the next start look at all of it.
 */
final class SqliteSuspicion {

    private static final System.Logger LOG = System.getLogger(SqliteSuspicion.class.getName());

    private SqliteSuspicion() {}

    static Path file(Path database) {
        return database.resolveSibling(database.getFileName() + ".suspect");
    }

    /** Whether a failure says something of the file itself; a disk that cannot read one of its blocks does, too. */
    private static boolean isOfTheFile(SQLException e) {
        return e instanceof SQLiteException sqlite && switch (sqlite.getResultCode()) {
            case SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_DATA, SQLITE_IOERR_CORRUPTFS -> true;
            default -> switch (SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff)) {
                case SQLITE_CORRUPT, SQLITE_NOTADB -> true;
                default -> false;
            };
        };
    }

    /** @return whether this is the first failure since the last whole look that says something of the file itself */
    static boolean raise(Path database, DatastoreException failure, SQLException cause) {
        if (!isOfTheFile(cause)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file(database), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap((failure.getMessage() + "\n").getBytes(StandardCharsets.UTF_8)));
            channel.force(true);
            return true;
        } catch (IOException e) {
            // A disk that takes no writes: the next start will not know.
            return !Files.exists(file(database));
        }
    }

    /**
     * Looks at the whole of a suspect, indexes included, and acquits it when it is well.
     *
     * @throws SqliteFile.DamagedException when it is damaged, or cannot be read this time either
     */
    static void settle(Connection connection, Path database) throws SQLException, IOException {
        if (!Files.exists(file(database))) {
            return;
        }
        try {
            SqliteFile.checkAll(connection, database);
        } catch (SQLException e) {
            if (isOfTheFile(e)) {
                throw new SqliteFile.DamagedException(database, e.getMessage(), e);
            }
            throw e;
        }
        LOG.log(Level.WARNING, "Datastore {0} is whole, though it was found otherwise before: {1}", database, Files.readString(file(database)).strip());
        Files.delete(file(database));
    }
}
