package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.yaml.Yaml;
import java.util.List;
import java.util.Optional;

/**
 * An object of a build's result.
 *
 * @param file    where the object (or the generator that made it) is written, relative to the tree's root
 * @param line    1-based
 * @param sources what the object was made of, in order: its own document, then patches
 */
public record Rendered(ObjectNode object, String file, int line, List<Source> sources) {

    /** A place in the repository; line is 1-based. */
    public record Place(String file, int line) {}

    /** Something written that fields of an object come from. */
    @FunctionalInterface
    public interface Source {

        /** Where the field at a JSON pointer is written, if it is here. */
        Optional<Place> find(String pointer);

        static Source of(Yaml.Document document) {
            return pointer -> document.root().at(pointer).isMissingNode() ? Optional.empty() : Optional.of(new Place(document.source(), document.lineOf(pointer)));
        }
    }

    /** Where the field at a JSON pointer was written last; when it is nowhere, where the nearest field around it was. */
    public Place placeOf(String pointer) {
        for (String at = pointer; !at.isEmpty(); at = at.substring(0, at.lastIndexOf('/'))) {
            for (Source source : sources.reversed()) {
                Optional<Place> place = source.find(at);
                if (place.isPresent()) return place.get();
            }
        }
        return new Place(file, line);
    }
}
