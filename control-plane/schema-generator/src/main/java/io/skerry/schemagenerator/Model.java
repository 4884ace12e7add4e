package io.skerry.schemagenerator;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is written into the table: definitions, and the resources made of them. */
final class Model {

    private Model() {}

    /** @param fields by JSON name; null for a definition that may be any JSON */
    record Definition(String name, String doc, boolean atomic, Map<String, Field> fields) {}

    /** @param filled whether it is there even when it is empty; @param omitted whether it is left out when it is zero; @param listType "" when none is declared; @param defaultJson null when none */
    record Field(Type type, String doc, boolean required, boolean filled, boolean omitted, boolean atomic, boolean patchMerge, boolean patchReplaceKeys,
            String patchMergeKey, String listType, List<String> listMapKeys, String defaultJson) {}

    sealed interface Type {}

    /** One of STRING, INTEGER, NUMBER, BOOLEAN, INT_OR_STRING, QUANTITY, ANY of machinery's Schema.Type. */
    record Plain(String kind, String format, List<String> enumValues) implements Type {}

    record ListOf(Type items) implements Type {}

    record MapOf(Type values) implements Type {}

    record Reference(String definition) implements Type {}

    record Resource(String group, String version, String plural, String singular, String kind, boolean namespaced,
            List<String> shortNames, List<String> categories, Set<String> verbs, String definition, List<Subresource> subresources) {}

    record Subresource(String name, String group, String version, String kind, Set<String> verbs) {}
}
