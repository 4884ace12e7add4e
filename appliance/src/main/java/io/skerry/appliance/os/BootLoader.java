package io.skerry.appliance.os;

import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * What chooses the slot at power-on. Whatever is done here, and whenever the power goes while it is done, one slot that is known to be good
 * stays the one that is booted when nothing else can be.
 */
interface BootLoader {
    /** How the tries of a slot went. @param exhausted no more will be made. @param cause of that, where it is the loader's; "" when the slot had its tries */
    record Tries(boolean exhausted, String cause) {}

    /** Why no slot can be tried on this machine and what to do about it, to be asked before anything is changed; "" when one can. */
    default String cannotTry() throws IOException {
        return "";
    }

    /** The members of an update file that it needs besides {@code root.img}. */
    List<String> needs();

    /** Whether the loader boots this slot without any counting: it was blessed. */
    boolean isGood(Slot slot) throws IOException;

    /** How many boots of a slot on trial the loader counted; empty when the slot is not on trial, and for a loader that does not count. */
    default OptionalInt counted(Slot slot) throws IOException {
        return OptionalInt.empty();
    }

    /** From now on this slot is not booted, and may be overwritten. @throws IOException when the other one is not good: then nothing was changed */
    void disable(Slot slot) throws IOException;

    /**
     * Puts a slot's kernel and what belongs to it in place, and reads it back; it stays disabled.
     *
     * @param archive begins with the update file's members before {@code root.img}
     */
    void install(Slot slot, OsManifest manifest, Path archive) throws IOException;

    /** The next boots try this slot, a few times at most, and then go back to the other. Only what was installed can be armed. */
    void arm(Slot slot) throws IOException;

    /** Reboots into an armed slot. Returns when that has begun. */
    void rebootInto(Slot slot) throws IOException;

    /** @param reboots how often {@link #rebootInto} was called, for a loader that does not count by itself, or did not take the slot */
    Tries tries(Slot slot, int reboots) throws IOException;

    /** The running slot is good: it is booted from now on, and the other one only by {@link #arm}, or when this one is gone. */
    void bless(Slot running) throws IOException;

    /** No more tries of this slot. */
    void condemn(Slot slot) throws IOException;
}
