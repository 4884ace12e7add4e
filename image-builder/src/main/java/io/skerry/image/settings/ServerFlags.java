package io.skerry.image.settings;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** The flags of {@code skerry server}, which the program that has them knows: what {@link SettingsSchema} leaves to it. */
public interface ServerFlags {
    /** For where no program is at hand: everything is taken. */
    ServerFlags UNKNOWN = of(Set.of());

    /** Names without dashes; empty: not known, nothing is checked. */
    Set<String> names();

    /**
     * What the server would say of these values, without the machine that they are for.
     *
     * @param values by name; only names that are known
     * @return by name what is wrong and what is allowed; under "" what is wrong with several together
     */
    Map<String, String> problems(Map<String, List<String>> values);

    /** Names alone; every value is taken. */
    static ServerFlags of(Set<String> names) {
        return new ServerFlags() {
            @Override
            public Set<String> names() {
                return names;
            }

            @Override
            public Map<String, String> problems(Map<String, List<String>> values) {
                return Map.of();
            }
        };
    }
}
