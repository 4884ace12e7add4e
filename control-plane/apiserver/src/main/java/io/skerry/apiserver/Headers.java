package io.skerry.apiserver;

import java.util.List;
import java.util.Map;

/** Headers of a request. */
@FunctionalInterface
public interface Headers {

    /** Value of a header by case-insensitive name, or null; several values of one name are joined with ", ". */
    String get(String name);

    /** Every header as it was sent, one entry a value; empty for callers that have no more than {@link #get}. */
    default List<Map.Entry<String, String>> all() {
        return List.of();
    }

    static Headers of(Map<String, String> headers) {
        return new Headers() {
            @Override
            public String get(String name) {
                return headers.get(name);
            }

            @Override
            public List<Map.Entry<String, String>> all() {
                return List.copyOf(headers.entrySet());
            }
        };
    }
}
