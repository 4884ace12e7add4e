package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.image.settings.Problem;
import io.skerry.image.settings.SettingsException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** Settings that a command cannot go on with. */
final class WrongSettings {
    private WrongSettings() {}

    /** Prints all problems but the last, a line each, and gives the last to throw. */
    static UserError error(SettingsException wrong, CommandSpec command) {
        List<Problem> problems = wrong.problems();
        problems.subList(0, problems.size() - 1).forEach(problem -> command.commandLine().getErr().println(problem));
        return new UserError(problems.getLast().toString(), wrong);
    }
}
