package io.skerry.machinery.cel;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;

/**
 * An object of a structural schema. Expressions see the declared fields under their escaped names; what else the object has counts only when
 * it is compared: a rule {@code self == oldSelf} must see changes of what is preserved without a schema. Immutable.
 */
final class SchemaObject extends AbstractMap<String, Object> {
    private final Map<String, Object> declared;
    private final Map<String, JsonNode> others;

    /** @param others as they are, by the names they have in the object: most are never looked at */
    SchemaObject(Map<String, Object> declared, Map<String, JsonNode> others) {
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
        return CelEquality.same(declared, other.declared) && others.equals(other.others);
    }
}
