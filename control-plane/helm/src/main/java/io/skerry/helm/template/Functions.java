package io.skerry.helm.template;

/** Where templates find their functions. */
@FunctionalInterface
public interface Functions {
    /** @return null when there is none of that name */
    Function find(String name);
}
