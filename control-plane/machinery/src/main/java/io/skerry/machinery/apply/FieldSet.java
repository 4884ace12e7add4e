package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A set of field paths, as a tree whose edges are the path elements of {@code fieldsV1}: "f:name" of a field, "k:{...}" of a
 * list item by its keys, "v:..." of a set's item by its value, "i:0" of an item by its index. No branch is empty.
 */
final class FieldSet {

    private final TreeMap<String, FieldSet> children = new TreeMap<>();
    private boolean member;

    /** Reads {@code fieldsV1}; what is not of its form counts as empty. */
    static FieldSet parse(JsonNode fieldsV1) {
        FieldSet set = new FieldSet();
        for (var field : fieldsV1.properties()) {
            if (field.getKey().equals(".")) {
                set.member = true;
                continue;
            }
            FieldSet child = parse(field.getValue());
            child.member |= field.getValue().isEmpty();
            set.children.put(field.getKey(), child);
        }
        return set;
    }

    ObjectNode toJson() {
        ObjectNode json = Json.object();
        if (member && !children.isEmpty()) {
            json.putObject(".");
        }
        children.forEach((element, child) -> json.set(element, child.toJson()));
        return json;
    }

    /** Whether the path that leads here is in the set. */
    boolean isMember() {
        return member;
    }

    FieldSet setMember() {
        member = true;
        return this;
    }

    Map<String, FieldSet> children() {
        return children;
    }

    /** Shares the subtrees. */
    FieldSet copy() {
        FieldSet copy = new FieldSet();
        copy.member = member;
        copy.children.putAll(children);
        return copy;
    }

    /** The subtree under the element, made if absent; the caller puts something into it. */
    FieldSet ensure(String element) {
        return children.computeIfAbsent(element, e -> new FieldSet());
    }

    /** The subtree under the element, or null. */
    FieldSet child(String element) {
        return children.get(element);
    }

    boolean isEmpty() {
        return !member && children.isEmpty();
    }

    FieldSet union(FieldSet other) {
        FieldSet union = new FieldSet();
        union.member = member || other.member;
        children.forEach((element, child) -> {
            FieldSet theirs = other.child(element);
            union.children.put(element, theirs == null ? child : child.union(theirs));
        });
        other.children.forEach(union.children::putIfAbsent);
        return union;
    }

    /** What is here and not in the other. */
    FieldSet difference(FieldSet other) {
        FieldSet difference = new FieldSet();
        difference.member = member && !other.member;
        children.forEach((element, child) -> {
            FieldSet theirs = other.child(element);
            FieldSet rest = theirs == null ? child : child.difference(theirs);
            if (!rest.isEmpty()) {
                difference.children.put(element, rest);
            }
        });
        return difference;
    }

    FieldSet intersection(FieldSet other) {
        FieldSet intersection = new FieldSet();
        intersection.member = member && other.member;
        children.forEach((element, child) -> {
            FieldSet theirs = other.child(element);
            FieldSet common = theirs == null ? null : child.intersection(theirs);
            if (common != null && !common.isEmpty()) {
                intersection.children.put(element, common);
            }
        });
        return intersection;
    }

    /** A copy without what the predicate says, by path such as ".metadata.name"; with a path goes all under it. */
    FieldSet without(Predicate<String> path) {
        return without(path, "");
    }

    private FieldSet without(Predicate<String> unwanted, String at) {
        FieldSet rest = new FieldSet();
        rest.member = member;
        children.forEach((element, child) -> {
            String path = at + PathElement.print(element);
            FieldSet copy = unwanted.test(path) ? null : child.without(unwanted, path);
            if (copy != null && !copy.isEmpty()) {
                rest.children.put(element, copy);
            }
        });
        return rest;
    }

    /** Every path in the set as upstream prints it: .spec.containers[name="a"].image */
    List<String> paths() {
        List<String> paths = new ArrayList<>();
        collect("", paths);
        return paths;
    }

    private void collect(String path, List<String> paths) {
        if (member) {
            paths.add(path);
        }
        children.forEach((element, child) -> child.collect(path + PathElement.print(element), paths));
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof FieldSet s && s.member == member && s.children.equals(children);
    }

    @Override
    public int hashCode() {
        return children.hashCode() * 2 + (member ? 1 : 0);
    }

    @Override
    public String toString() {
        return paths().toString();
    }
}
