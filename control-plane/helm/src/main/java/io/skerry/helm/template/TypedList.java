package io.skerry.helm.template;

import java.util.ArrayList;
import java.util.Collection;

/** A Go slice of something else than interface{}: {@code []string}, {@code []int}. A plain list is {@code []interface {}}. */
public final class TypedList extends ArrayList<Object> {
    private static final long serialVersionUID = 1;
    private final String element;

    public TypedList(String element, Collection<?> items) {
        super(items);
        this.element = element;
    }

    public static TypedList strings(Collection<String> items) {
        return new TypedList("string", items);
    }

    public String element() {
        return element;
    }
}
