package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The resources of a build in order; no two have the same id. */
final class ResourceMap {

    private final List<Resource> list = new ArrayList<>();

    List<Resource> all() {
        return list;
    }

    void add(Resource resource) {
        ResourceId id = resource.id();
        for (Resource other : list) {
            if (other.id().same(id)) {
                throw new KustomizeException(resource.file(), resource.line(),
                        id + " is already defined at " + other.file() + ":" + other.line() + "; change it with a patch, or remove one of them");
            }
        }
        list.add(resource);
    }

    void addAll(ResourceMap other) {
        other.list.forEach(this::add);
    }

    /** Adds a generated resource, or replaces or merges one as its behavior says. */
    void absorb(Resource generated) {
        ResourceId id = generated.id();
        List<Resource> matches = byAnyId(id::same);
        if (matches.size() > 1) throw problem(generated, id + " matches several resources to be merged into");
        boolean change = generated.behavior == Resource.Behavior.MERGE || generated.behavior == Resource.Behavior.REPLACE;
        if (matches.isEmpty()) {
            if (change) throw problem(generated, id + " does not exist, so there is nothing to merge into or replace; use behavior: create");
            add(generated);
            return;
        }
        if (!change) throw problem(generated, id + " exists already; use behavior: merge or replace");
        Resource old = matches.getFirst();
        boolean merge = generated.behavior == Resource.Behavior.MERGE;
        generated.succeed(old);
        if (merge) {
            generated.mergeStrings(old, "data");
            generated.mergeStrings(old, "binaryData");
        }
        list.set(list.indexOf(old), generated);
    }

    /** Resources that have or had an id for which {@code matches} says yes. */
    List<Resource> byAnyId(Predicate<ResourceId> matches) {
        return list.stream().filter(resource -> resource.allIds().stream().anyMatch(matches)).toList();
    }

    List<Resource> byId(ResourceId id) {
        return list.stream().filter(resource -> resource.id().same(id)).toList();
    }

    /** Resources that a patch's {@code target} selects: group, version, kind, name and namespace are anchored regular expressions. */
    List<Resource> select(JsonNode target) {
        Predicate<String> group = pattern(target, "group");
        Predicate<String> version = pattern(target, "version");
        Predicate<String> kind = pattern(target, "kind");
        Predicate<String> name = pattern(target, "name");
        Predicate<String> namespace = pattern(target, "namespace");
        String labels = Json.text(target, "labelSelector");
        String annotations = Json.text(target, "annotationSelector");
        LabelSelector onLabels = LabelSelector.parse(labels);
        LabelSelector onAnnotations = LabelSelector.parse(annotations);
        return list.stream().filter(resource -> {
            ResourceId now = resource.id();
            ResourceId first = resource.originalId();
            return (namespace.test(first.effectiveNamespace()) || namespace.test(now.effectiveNamespace())) && (name.test(first.name()) || name.test(now.name()))
                    && group.test(now.group()) && version.test(now.version()) && kind.test(now.kind())
                    && (labels.isEmpty() || onLabels.matches(resource.strings("metadata", "labels")))
                    && (annotations.isEmpty() || onAnnotations.matches(resource.strings("metadata", "annotations")));
        }).toList();
    }

    private static Predicate<String> pattern(JsonNode target, String field) {
        String text = Json.text(target, field);
        if (text.isEmpty()) return value -> true;
        try {
            return Pattern.compile("(?:" + text + ")").asMatchPredicate();
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("the target's " + field + " \"" + text + "\" is not a regular expression: " + e.getDescription(), e);
        }
    }

    private static KustomizeException problem(Resource resource, String text) {
        return new KustomizeException(resource.file(), resource.line(), text);
    }
}
