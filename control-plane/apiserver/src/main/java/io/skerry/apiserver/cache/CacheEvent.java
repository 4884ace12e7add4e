package io.skerry.apiserver.cache;

/**
 * One change of one object.
 *
 * @param current  the new state; of a deletion the last state with the deletion's resourceVersion
 * @param previous the state before, null for a creation
 */
public record CacheEvent(boolean deleted, Entry current, Entry previous) {

    public long revision() {
        return current.revision();
    }
}
