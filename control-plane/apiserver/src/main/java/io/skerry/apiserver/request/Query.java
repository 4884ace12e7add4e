package io.skerry.apiserver.request;

import io.skerry.apiserver.status.ApiException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The decoded query parameters of a request. */
public final class Query {
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    private Query() {
    }

    /** @param raw the query string without the question mark, or null */
    public static Query parse(String raw) {
        Query query = new Query();
        if (raw != null && !raw.isEmpty()) {
            for (String pair : raw.split("&")) {
                if (pair.isEmpty()) {
                    continue;
                }
                int equals = pair.indexOf('=');
                String name = decode(equals < 0 ? pair : pair.substring(0, equals));
                query.values.computeIfAbsent(name, n -> new ArrayList<>()).add(equals < 0 ? "" : decode(pair.substring(equals + 1)));
            }
        }
        return query;
    }

    public static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("the query or path has a bad percent-encoding: " + e.getMessage());
        }
    }

    /** First value, "" when the parameter is absent. */
    public String get(String name) {
        List<String> all = values.get(name);
        return all == null ? "" : all.getFirst();
    }

    public List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    /** As Kubernetes' conversion of query parameters: "false" and "0" are false, a present but empty value is true. */
    public boolean flag(String name) {
        return values.containsKey(name) && !get(name).equalsIgnoreCase("false") && !get(name).equals("0");
    }

    /** A whole number, null when absent or empty. */
    public Long number(String name) {
        String text = get(name);
        if (text.isEmpty()) {
            return null;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ApiException.badRequest("strconv.ParseInt: parsing \"" + text + "\": invalid syntax in query parameter " + name);
        }
    }
}
