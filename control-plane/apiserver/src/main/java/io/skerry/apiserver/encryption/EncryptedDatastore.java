package io.skerry.apiserver.encryption;

import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.cache.Withheld;
import io.skerry.datastore.CompactedException;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Durability;
import io.skerry.datastore.Event;
import io.skerry.datastore.KeyExistsException;
import io.skerry.datastore.Page;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.datastore.Stored;
import io.skerry.datastore.Watch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A datastore whose Secrets are encrypted (AES-GCM): neither the database file nor a snapshot of it tells them. All else goes through as it is.
 *
 * <p>On a shared datastore another server may encrypt with a key that came after this one's start. When a value needs such a key, the key file is
 * read anew: it may have been copied here since. Until it has the key, the value is {@link Withheld}.
 */
public final class EncryptedDatastore implements Datastore {
    private static final System.Logger LOG = System.getLogger(EncryptedDatastore.class.getName());
    private static final String SECRETS = WatchCache.prefix("", "secrets");
    private static final int PAGE = 500;

    private final Datastore store;
    private final Path file;
    private volatile AesGcm cipher;

    /** @param file that the keys are from */
    public EncryptedDatastore(Datastore store, EncryptionKeys keys, Path file) {
        this.store = store;
        this.file = file;
        this.cipher = new AesGcm(keys);
    }

    /**
     * Encrypts with the present key what is not yet: Secrets from before encryption, or from before a rotation. May be ended and begun again at
     * any time. Damaged ones are passed over.
     *
     * @return how many were written
     * @throws DatastoreException when one needs a key that is not here
     */
    public int reencrypt() {
        int written = 0;
        String after = null;
        while (true) {
            Page page;
            try {
                page = store.list(SECRETS, after, PAGE, 0);
            } catch (CompactedException e) {
                throw new IllegalStateException("the present state is never compacted", e);
            }
            for (Stored stored : page.items()) {
                after = stored.key();
                byte[] plain = cipher.isCurrent(stored.value()) ? null : readable(stored);
                if (plain != null) {
                    try {
                        store.update(stored.key(), cipher.encrypt(stored.key(), plain), stored.modRevision(), Durability.DURABLE);
                        written++;
                    } catch (RevisionMismatchException e) {
                        // written or deleted meanwhile, and so encrypted or gone
                    }
                }
            }
            if (!page.more()) {
                return written;
            }
        }
    }

    private byte[] readable(Stored stored) {
        try {
            return decrypt(stored.key(), stored.value());
        } catch (AesGcm.MissingKeyException e) {
            throw e;
        } catch (DatastoreException e) {
            return null;
        }
    }

    private byte[] decrypt(String key, byte[] value) {
        AesGcm with = cipher;
        try {
            return with.decrypt(key, value);
        } catch (AesGcm.MissingKeyException e) {
            return reloaded(with, e).decrypt(key, value);
        }
    }

    /** With the keys that the file has now, if the missing one is among them. */
    private synchronized AesGcm reloaded(AesGcm without, AesGcm.MissingKeyException missing) {
        if (cipher != without) {
            return cipher;
        }
        try {
            EncryptionKeys now = EncryptionKeys.load(file);
            if (now.named(missing.keyName()) != null) {
                cipher = new AesGcm(now);
                LOG.log(System.Logger.Level.INFO, "read the keys of {0} anew: another server encrypts with one of them. This one encrypts with {1} from now on",
                        file, now.first().name());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the missing key is not to be had: {0}", e.getMessage());
        }
        return cipher;
    }

    private byte[] sealed(String key, byte[] value) {
        return key.startsWith(SECRETS) ? cipher.encrypt(key, value) : value;
    }

    private Stored open(Stored stored) {
        return stored == null || !stored.key().startsWith(SECRETS) ? stored
                : new Stored(stored.key(), decrypt(stored.key(), stored.value()), stored.createRevision(), stored.modRevision());
    }

    /**
     * As {@link #open}, but what is damaged is given as it is: one damaged Secret must not hide all others, nor keep itself from being replaced.
     * What needs a key that is not here is withheld.
     */
    private Stored openIfWell(Stored stored) {
        try {
            return open(stored);
        } catch (AesGcm.MissingKeyException e) {
            return new Stored(stored.key(), Withheld.because("it is encrypted with key \"" + e.keyName() + "\", which is not in " + file
                    + ": copy that file from the server that encrypts with this key, and restart this one"), stored.createRevision(), stored.modRevision());
        } catch (DatastoreException e) {
            return stored;
        }
    }

    @Override
    public boolean isShared() {
        return store.isShared();
    }

    @Override
    public long revision() {
        return store.revision();
    }

    @Override
    public long latestRevision(String prefix) {
        return store.latestRevision(prefix);
    }

    @Override
    public long compactedRevision() {
        return store.compactedRevision();
    }

    @Override
    public Stored create(String key, byte[] value, Durability durability) throws KeyExistsException {
        try {
            return open(store.create(key, sealed(key, value), durability));
        } catch (KeyExistsException e) {
            throw new KeyExistsException(openIfWell(e.current()));
        }
    }

    @Override
    public Stored update(String key, byte[] value, long expectedRevision, Durability durability) throws RevisionMismatchException {
        try {
            return open(store.update(key, sealed(key, value), expectedRevision, durability));
        } catch (RevisionMismatchException e) {
            throw new RevisionMismatchException(key, expectedRevision, openIfWell(e.current()));
        }
    }

    @Override
    public Stored delete(String key, long expectedRevision, Durability durability) throws RevisionMismatchException {
        try {
            return openIfWell(store.delete(key, expectedRevision, durability));
        } catch (RevisionMismatchException e) {
            throw new RevisionMismatchException(key, expectedRevision, openIfWell(e.current()));
        }
    }

    @Override
    public Stored get(String key) {
        return open(store.get(key));
    }

    @Override
    public Page list(String prefix, String startAfter, int limit, long revision) throws CompactedException {
        Page page = store.list(prefix, startAfter, limit, revision);
        return page.items().stream().noneMatch(s -> s.key().startsWith(SECRETS)) ? page
                : new Page(page.items().stream().map(this::openIfWell).toList(), page.more(), page.remaining(), page.revision());
    }

    @Override
    public Watch watch(String prefix, long fromRevisionExclusive, Consumer<Event> sink) throws CompactedException {
        return store.watch(prefix, fromRevisionExclusive, event -> sink.accept(event.key().startsWith(SECRETS)
                ? new Event(event.type(), openIfWell(event.current()), openIfWell(event.previousOrNull()), event.revision()) : event));
    }

    @Override
    public void compact(long revision) {
        store.compact(revision);
    }

    @Override
    public void close() {
        store.close();
    }
}
