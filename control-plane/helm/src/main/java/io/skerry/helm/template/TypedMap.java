package io.skerry.helm.template;

import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;

/**
 * A Go map with a type of its own: {@code map[string]string}, {@code chartutil.Values}. It is a view: what is set through it is
 * seen by all who share the map beneath. A plain map is {@code map[string]interface {}}.
 */
public final class TypedMap extends AbstractMap<String, Object> {
    private final String typeName;
    private final Map<String, Object> entries;

    public TypedMap(String typeName, Map<String, Object> entries) {
        this.typeName = typeName;
        this.entries = entries;
    }

    /** A {@code map[string]string}, whose missing keys read as "". */
    public static TypedMap strings(Map<String, String> entries) {
        return new TypedMap("map[string]string", new java.util.LinkedHashMap<>(entries));
    }

    public String typeName() {
        return typeName;
    }

    boolean ofStrings() {
        return typeName.equals("map[string]string");
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        return entries.entrySet();
    }

    @Override
    public Object get(Object key) {
        return entries.get(key);
    }

    @Override
    public Object put(String key, Object value) {
        return entries.put(key, value);
    }

    @Override
    public Object remove(Object key) {
        return entries.remove(key);
    }

    @Override
    public boolean containsKey(Object key) {
        return entries.containsKey(key);
    }

    @Override
    public int size() {
        return entries.size();
    }
}
