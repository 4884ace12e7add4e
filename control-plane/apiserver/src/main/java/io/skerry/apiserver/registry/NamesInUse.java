package io.skerry.apiserver.registry;

import java.util.HashSet;
import java.util.Set;

/**
 * Names that types of one API group have.
 *
 * @param resources plurals, singulars and short names: what paths and clients call them
 * @param kinds     of the objects and their lists
 */
public record NamesInUse(Set<String> resources, Set<String> kinds) {
    public NamesInUse() {
        this(new HashSet<>(), new HashSet<>());
    }
}
