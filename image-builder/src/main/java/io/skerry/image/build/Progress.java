package io.skerry.image.build;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a person sees of a build: one line a step with the time it took; on a terminal the running step's line changes in place. */
public final class Progress {
    private static final int WIDTH = 24;

    private final PrintStream out;
    private final boolean terminal;
    private final int steps;
    private final Map<String, Duration> taken = new LinkedHashMap<>();
    private int number;
    private String current;
    private Instant since;

    /** @param steps how many steps there will be */
    public Progress(PrintStream out, boolean terminal, int steps) {
        this.out = out;
        this.terminal = terminal;
        this.steps = steps;
    }

    /** Something that takes a while and gives a result. */
    public interface Step<T> {
        T run() throws java.io.IOException;
    }

    /** Runs one step and shows it. */
    public <T> T step(String name, Step<T> step) throws java.io.IOException {
        number++;
        current = name;
        since = Instant.now();
        show("");
        T result = step.run();
        Duration time = Duration.between(since, Instant.now());
        taken.merge(name, time, Duration::plus);
        out.printf("%s[%2d/%d] %-46s %6.1f s%n", terminal ? "\r\033[K" : "", number, steps, name, time.toMillis() / 1000.0);
        out.flush();
        current = null;
        return result;
    }

    /** How far the running step is. */
    public void detail(String text) {
        show(text);
    }

    /** Time by step, in the order they ran. */
    public Map<String, Duration> taken() {
        return Map.copyOf(taken);
    }

    private void show(String detail) {
        if (terminal && current != null) {
            int full = WIDTH * (number - 1) / Math.max(1, steps);
            out.printf("\r\033[K[%s%s] %s %s", "#".repeat(full), ".".repeat(WIDTH - full), current, detail);
            out.flush();
        }
    }
}
