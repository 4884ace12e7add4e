package io.skerry.apiserver.encryption;

import io.skerry.apiserver.cache.WatchCache;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Durability;
import io.skerry.datastore.KeyExistsException;
import io.skerry.datastore.Page;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.datastore.Stored;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;

/**
 * Sees to it that Secrets are encrypted at rest from the first one on, and that all servers of one datastore do so with the same keys: the first
 * server of an empty datastore makes the key file, the others are given a copy. A mark in a shared datastore, encrypted itself, tells a server
 * with other keys, or with none, before it writes anything.
 */
public final class SecretEncryption {
    private static final System.Logger LOG = System.getLogger(SecretEncryption.class.getName());
    /** Beside the API's objects, which no client can read it as. */
    private static final String MARK = "/skerry/secrets-encryption";
    private static final byte[] MARKED = "skerry".getBytes(StandardCharsets.US_ASCII);
    private static final int PAGE = 500;

    private SecretEncryption() {
    }

    /**
     * The datastore with its Secrets encrypted; as it is when it is shared and holds unencrypted ones from before, and no key file is here.
     *
     * @param file the EncryptionConfiguration; made when it is missing and nothing is encrypted yet
     * @throws IOException        when the file cannot be read or written
     * @throws DatastoreException when the datastore needs keys that are not in the file; the message names it and says what to do
     */
    public static Datastore open(Datastore store, Path file, Clock clock) throws IOException {
        boolean made = !Files.exists(file);
        if (made) {
            if (isEncrypted(store)) {
                throw new DatastoreException("the Secrets in the datastore are encrypted, and their keys are not here: copy " + file + " from "
                        + (store.isShared() ? "another server of this datastore, together with its folder server/tls" : "where it is kept with the snapshots"));
            }
            if (store.isShared() && !store.list(WatchCache.ROOT, null, 1, 0).items().isEmpty()) {
                LOG.log(System.Logger.Level.WARNING, "the Secrets in the datastore are not encrypted. To encrypt them: stop all servers on it, make the keys with"
                        + " ''skerry secrets-encrypt enable'' on one, copy {0} to the others, and start them", file);
                return store;
            }
        }
        EncryptionKeys keys = EncryptionKeys.loadOrCreate(file, clock);
        if (store.isShared()) {
            agree(store, new AesGcm(keys), file, made);
        }
        EncryptedDatastore encrypted = new EncryptedDatastore(store, keys, file);
        try {
            int written = encrypted.reencrypt();
            if (written > 0) {
                LOG.log(System.Logger.Level.INFO, "encrypted {0} Secrets with the present key", written);
            }
        } catch (AesGcm.MissingKeyException e) {
            throw new DatastoreException(e.getMessage() + ": add that key to " + file + ", or copy the file that has it", e);
        }
        return encrypted;
    }

    private static boolean isEncrypted(Datastore store) {
        Stored mark = store.get(MARK);
        String after = null;
        Page page = null;
        while (mark == null && (page == null || page.more())) {
            page = store.list(WatchCache.prefix("", "secrets"), after, PAGE, 0);
            for (Stored secret : page.items()) {
                after = secret.key();
                if (AesGcm.isEncrypted(secret.value())) {
                    return true;
                }
            }
        }
        return mark != null;
    }

    private static void agree(Datastore store, AesGcm cipher, Path file, boolean made) throws IOException {
        Stored mark = store.get(MARK);
        while (mark == null || !cipher.isCurrent(mark.value())) {
            if (mark != null) {
                check(mark, cipher, file, made);
                LOG.log(System.Logger.Level.INFO, "{0} encrypts with another key than before: each server of the datastore needs this file", file);
            }
            try {
                mark = mark == null ? store.create(MARK, cipher.encrypt(MARK, MARKED), Durability.DURABLE)
                        : store.update(MARK, cipher.encrypt(MARK, MARKED), mark.modRevision(), Durability.DURABLE);
            } catch (KeyExistsException e) {
                mark = e.current();
            } catch (RevisionMismatchException e) {
                mark = e.current();
            }
        }
        check(mark, cipher, file, made);
    }

    private static void check(Stored mark, AesGcm cipher, Path file, boolean made) throws IOException {
        boolean ours;
        try {
            ours = Arrays.equals(cipher.decrypt(MARK, mark.value()), MARKED);
        } catch (DatastoreException e) {
            ours = false;
        }
        if (!ours) {
            if (made) {
                // another server was first: its file is to come in this one's place
                Files.delete(file);
            }
            throw new DatastoreException("the Secrets in the datastore are encrypted with other keys than those of " + file
                    + ": copy the file from another server of this datastore");
        }
    }
}
