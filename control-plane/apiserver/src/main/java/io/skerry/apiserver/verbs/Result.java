package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;

/**
 * What a verb answers with: an object of the store, whose bytes are sent as they are, or a tree.
 *
 * @param code HTTP status
 * @param entry the stored object, or null
 * @param tree  the object when it is not stored like this (dry run, Status), or null
 */
public record Result(int code, Entry entry, ObjectNode tree) {

    public static Result of(int code, Entry entry) {
        return new Result(code, entry, null);
    }

    public static Result of(int code, ObjectNode tree) {
        return new Result(code, null, tree);
    }
}
