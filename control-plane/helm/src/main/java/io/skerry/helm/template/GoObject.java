package io.skerry.helm.template;

/** A value with named fields and methods that templates can reach: what is a Go struct in Helm. */
public interface GoObject {
    /** Returned by {@link #field} when there is no such field. */
    Object ABSENT = new Object();

    /** @return the field's value, or {@link #ABSENT} */
    Object field(String name);

    /** @return the method, or null when there is none of that name */
    default Function method(String name) {
        return null;
    }

    /** Go's name of the type, for {@code typeOf} and errors. */
    String typeName();

    /** Go's kind; most are structs. */
    default String kind() {
        return "struct";
    }
}
