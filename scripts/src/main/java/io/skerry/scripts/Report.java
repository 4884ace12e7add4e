package io.skerry.scripts;

import java.util.concurrent.Callable;
import picocli.CommandLine;

/** How the scripts' programs end when something is wrong: its message, and exit code 1. */
final class Report {
    private Report() {}

    static int execute(Callable<Integer> command, String[] args) {
        return new CommandLine(command).setExecutionExceptionHandler((e, failed, parsed) -> {
            failed.getErr().println("scripts: " + (e.getMessage() == null ? e : e.getMessage()));
            return 1;
        }).execute(args);
    }

    /** Something the person who ran the script can put right. */
    static final class Failure extends RuntimeException {
        Failure(String message) {
            super(message, null, false, false);
        }
    }
}
