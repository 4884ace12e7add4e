package io.skerry.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;

/** What a {@link CrashWriter} was told is written, and what a store has to show for it afterwards. */
final class Acknowledged {

    private final Map<String, Long> durable = new HashMap<>();
    private long highest;
    private int count;
    private int lazy;
    private int failures;
    private String lastFailure = "";

    /** A line, or nothing when it was cut off. */
    void line(String line) {
        String[] part = line.split(" ");
        if (part[0].equals("X")) {
            failures++;
            lastFailure = line.substring(2);
        }
        if (part.length != 5 || !part[0].matches("[DL]") || !part[4].equals(".")) {
            return;
        }
        highest = Math.max(highest, Long.parseLong(part[3]));
        if (part[0].equals("D")) {
            durable.merge("/d/" + part[1], Long.parseLong(part[2]), Math::max);
            count++;
        } else {
            lazy++;
        }
    }

    void lines(String text) {
        text.lines().forEach(this::line);
    }

    int count() {
        return count;
    }

    int lazy() {
        return lazy;
    }

    int failures() {
        return failures;
    }

    String lastFailure() {
        return lastFailure;
    }

    long highest() {
        return highest;
    }

    /** Every acknowledged durable write, or a later one, is there, and revisions go on above all that were told. */
    void verify(Datastore store, String when) {
        assertThat(store.revision()).as("revision " + when).isGreaterThanOrEqualTo(highest);
        durable.forEach((key, number) -> {
            Stored stored = store.get(key);
            assertThat(stored).as(key + " " + when).isNotNull();
            assertThat(Long.parseLong(DatastoreContract.text(stored).strip())).as(key + " " + when).isGreaterThanOrEqualTo(number);
        });
    }
}
