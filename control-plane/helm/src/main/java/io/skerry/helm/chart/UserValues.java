package io.skerry.helm.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** The values a user gives, merged in the order they are added: later ones win. */
public final class UserValues {
    /** A values file. @param source its name for errors */
    public UserValues yaml(String text, String source) {
        throw new UnsupportedOperationException();
    }

    /** A tree, as {@code spec.values}. */
    public UserValues tree(JsonNode values) {
        throw new UnsupportedOperationException();
    }

    /** Helm's {@code --set}: "a.b=1,c[0]=x". */
    public UserValues set(String expression) {
        throw new UnsupportedOperationException();
    }

    /** Helm's {@code --set-string}: every value is a string. */
    public UserValues setString(String expression) {
        throw new UnsupportedOperationException();
    }

    public Map<String, Object> toMap() {
        throw new UnsupportedOperationException();
    }
}
