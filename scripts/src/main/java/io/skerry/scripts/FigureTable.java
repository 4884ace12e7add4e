package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures of one way to run {@code scripts/bench}, and their place in docs/benchmarks.md: between two comments. */
final class FigureTable {
    private static final String DOCUMENT = "docs/benchmarks.md";
    private static final String END = "<!-- to here -->\n";

    private final String writer;
    private final List<String> columns;
    private final List<String> rows = new ArrayList<>();

    /** @param writer how the comment before the table in the document begins, such as "scripts/bench --image writes" */
    FigureTable(String writer, String... columns) {
        this.writer = writer;
        this.columns = List.of(columns);
    }

    /** Adds a row and shows it. @param values one a column; empty where there is none */
    void row(String figure, String... values) {
        rows.add("| " + figure + " | " + String.join(" | ", values) + " |");
        StringBuilder shown = new StringBuilder(values[0]);
        for (int i = 1; i < values.length; i++) {
            shown.append(values[i].isEmpty() ? "" : ", " + columns.get(i) + " " + values[i]);
        }
        System.out.println("    " + figure + ": " + shown);
    }

    /**
     * Shows the whole table.
     *
     * @param heading when and on what it was measured
     * @param write   whether to put it into the document, in place of the one that is there
     */
    void finish(String heading, boolean write) throws IOException {
        String table = heading + "\n\n| figure | " + String.join(" | ", columns) + " |\n|---|" + "---|".repeat(columns.size()) + "\n" + String.join("\n", rows) + "\n";
        System.out.println("\n" + table);
        if (write) {
            Path file = Layout.checkout().resolve(DOCUMENT);
            Files.writeString(file, placed(Files.readString(file), table));
        }
    }

    /** @throws Report.Failure when the document has no place for the table */
    String placed(String document, String table) {
        String begin = "<!-- " + writer + " from here -->\n";
        int from = document.indexOf(begin) + begin.length();
        int to = document.indexOf(END, from);
        if (!document.contains(begin) || to < 0) {
            throw new Report.Failure(DOCUMENT + " has no place for the table: put the lines '" + begin.strip() + "' and '" + END.strip() + "' there");
        }
        return document.substring(0, from) + "\n" + table + "\n" + document.substring(to);
    }

    static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
    }

    static String kib(long bytes) {
        return String.format(Locale.ROOT, "%.0f KiB", bytes / 1024.0);
    }

    static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }
}
