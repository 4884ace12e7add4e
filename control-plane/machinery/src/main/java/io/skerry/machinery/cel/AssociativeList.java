package io.skerry.machinery.cel;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.Set;

/**
 * A list of {@code x-kubernetes-list-type: set} or {@code map} (KEP-2876): order does not count when it is compared, and {@code +} keeps the places of
 * the first list's items. Immutable.
 */
final class AssociativeList extends AbstractList<Object> implements RandomAccess {
    private final List<Object> items;
    private final List<String> keys;

    private AssociativeList(List<Object> items, List<String> keys) {
        this.items = items;
        this.keys = keys;
    }

    /** A set of scalars. */
    static AssociativeList set(List<Object> items) {
        return new AssociativeList(items, List.of());
    }

    /** @param keys the fields that tell items apart, as expressions write them */
    static AssociativeList map(List<Object> items, List<String> keys) {
        return new AssociativeList(items, keys);
    }

    @Override
    public Object get(int index) {
        return items.get(index);
    }

    @Override
    public int size() {
        return items.size();
    }

    /** What tells an item from the others: in a set itself. */
    private Object key(Object item) {
        if (keys.isEmpty()) {
            if (item instanceof List || item instanceof Map) {
                throw new IllegalArgumentException("listSet operations are only supported on lists of scalar values");
            }
            return item;
        }
        List<Object> key = new ArrayList<>(keys.size());
        keys.forEach(field -> key.add(item instanceof SchemaObject object ? object.field(field) : item instanceof Map<?, ?> map ? map.get(field) : null));
        return key;
    }

    /** Whether the other list has the same items in whatever order. */
    boolean same(List<?> other) {
        if (other.size() != items.size()) {
            return false;
        }
        Map<Object, Object> mine = new HashMap<>();
        items.forEach(item -> mine.put(key(item), item));
        Set<Object> seen = new HashSet<>();
        for (Object item : other) {
            Object key = key(item);
            Object counterpart = mine.get(key);
            if (counterpart == null || !keys.isEmpty() && !CelEquality.same(counterpart, item)) {
                return false;
            }
            seen.add(key);
        }
        return seen.size() == mine.size();
    }

    /** The union: items of the other list take the place of those with their key, new ones follow in their order. */
    AssociativeList plus(List<?> other) {
        List<Object> union = new ArrayList<>(items);
        Map<Object, Integer> places = new HashMap<>();
        for (int i = 0; i < items.size(); i++) {
            places.put(key(items.get(i)), i);
        }
        for (Object item : other) {
            Integer place = places.putIfAbsent(key(item), union.size());
            if (place == null) {
                union.add(item);
            } else {
                union.set(place, item);
            }
        }
        return new AssociativeList(union, keys);
    }
}
