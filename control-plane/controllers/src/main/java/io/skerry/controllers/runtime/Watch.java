package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A type that a controller watches, and which of the controller's keys a change of such an object concerns.
 *
 * @param type the watched type
 * @param keys the keys to reconcile; called on the informer's thread, so it must not block
 */
public record Watch<T extends HasMetadata>(Class<T> type, Mapper<T> keys) {

    /** Which keys a change concerns. {@code before} is null for an added object, {@code after} for a deleted one. */
    @FunctionalInterface public interface Mapper<T> {
        Collection<Key> keys(T before, T after);
    }

    /** The object itself is what is reconciled. */
    public static <T extends HasMetadata> Watch<T> self(Class<T> type) {
        return each(type, object -> List.of(Key.of(object)));
    }

    /** The object's controlling owner of this kind is what is reconciled (the owner before and the owner after the change). */
    public static <T extends HasMetadata> Watch<T> owned(Class<T> type, String ownerKind) {
        return each(type, object -> OwnerReferences.controllerOf(object)
            .filter(owner -> owner.getKind().equals(ownerKind))
            .map(owner -> List.of(new Key(object.getMetadata().getNamespace(), owner.getName())))
            .orElse(List.of()));
    }

    /** Keys found by looking at one object; applied to the object before and after the change. */
    public static <T extends HasMetadata> Watch<T> each(Class<T> type, Function<? super T, ? extends Collection<Key>> keys) {
        return new Watch<>(type, (before, after) -> {
            if (before == null) return keys.apply(after);
            if (after == null) return keys.apply(before);
            Set<Key> both = new LinkedHashSet<>(keys.apply(before));
            both.addAll(keys.apply(after));
            return both;
        });
    }
}
