package io.skerry.scripts.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** docs/conformance.md: a heading and a table for each client. */
record ConformanceDocument(List<String> lines) {

    /** @throws AssertionError with the right table when the document's under the heading is another, or none */
    void require(String heading, Map<String, String> rows) {
        int begin = lines.indexOf("## " + heading);
        List<String> told = begin < 0 ? List.of() : lines.subList(begin, end(begin)).stream().filter(line -> line.startsWith("|")).toList();
        List<String> table = table(rows);
        if (!told.equals(table)) {
            throw new AssertionError("docs/conformance.md says under \"" + heading + "\" something else than was run. Write this there (or run with"
                    + " -Dskerry.conformance.write=true):\n\n" + String.join("\n", table) + "\n");
        }
    }

    /** The document with this table under the heading, instead of what is there, or at its end. */
    List<String> with(String heading, Map<String, String> rows) {
        int begin = lines.indexOf("## " + heading);
        int end = begin < 0 ? lines.size() : end(begin);
        List<String> written = new ArrayList<>(lines.subList(0, begin < 0 ? lines.size() : begin));
        if (begin < 0) {
            written.add("");
        }
        written.addAll(List.of("## " + heading, ""));
        written.addAll(table(rows));
        if (end < lines.size()) {
            written.add("");
        }
        written.addAll(lines.subList(end, lines.size()));
        return written;
    }

    private int end(int begin) {
        int end = begin + 1;
        while (end < lines.size() && !lines.get(end).startsWith("## ")) {
            end++;
        }
        return end;
    }

    private static List<String> table(Map<String, String> rows) {
        List<String> table = new ArrayList<>(List.of("| what | works |", "|---|---|"));
        rows.forEach((what, works) -> table.add("| " + what + " | " + works + " |"));
        return table;
    }
}
