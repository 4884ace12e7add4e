package io.skerry.helm.template;

/** A value with named fields and methods that templates can reach: what is a Go struct in Helm. */
public interface GoObject {
    /** Returned by {@link #member} when there is no such field or method. */
    Object ABSENT = new Object();

    /** @return the field's value, the method's result, or {@link #ABSENT}
     *  @param args evaluated arguments; empty for a field */
    Object member(String name, Object[] args);

    /** Go's name of the type, for {@code typeOf} and errors. */
    String typeName();

    /** Go's kind; most are structs. */
    default String kind() {
        return "struct";
    }
}
