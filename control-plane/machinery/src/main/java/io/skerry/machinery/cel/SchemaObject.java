package io.skerry.machinery.cel;

import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;

/**
 * An object of a structural schema. Expressions see the declared fields under their escaped names; what else the object has counts only when
 * it is compared: a rule {@code self == oldSelf} must see changes of what is preserved without a schema. Immutable.
 */
final class SchemaObject extends AbstractMap<String, Object> {
    private final Map<String, Object> declared;
    private final Map<String, Object> others;

    /** @param others by the names they have in the object */
    SchemaObject(Map<String, Object> declared, Map<String, Object> others) {
        this.declared = declared;
        this.others = others;
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        return declared.entrySet();
    }

    @Override
    public Object get(Object name) {
        return declared.get(name);
    }

    @Override
    public boolean containsKey(Object name) {
        return declared.containsKey(name);
    }

    /** Any field's value, or null. */
    Object field(String name) {
        Object value = declared.get(name);
        return value == null ? others.get(name) : value;
    }

    boolean same(SchemaObject other) {
        return CelEquality.same(declared, other.declared) && CelEquality.same(others, other.others);
    }
}
