package io.skerry.image.settings;

import java.util.List;
import java.util.stream.Collectors;

/** A settings file that can't be used. The message has one line a problem. */
public final class SettingsException extends Exception {
    private final transient List<Problem> problems;

    SettingsException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** Everything that is wrong, in the file's order; never empty. */
    public List<Problem> problems() {
        return problems;
    }
}
