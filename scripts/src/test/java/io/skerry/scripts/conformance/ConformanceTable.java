package io.skerry.scripts.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Holds docs/conformance.md to what was run: after the tests of a client, its table there must be the rows of the tests that passed.
 * With {@code -Dskerry.conformance.write=true} the table is written instead.
 */
final class ConformanceTable implements AfterTestExecutionCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(ConformanceTable.class);

    /** What passed so far of one class. */
    private record Passed(Map<String, String> rows, List<String> methods) {
    }

    private static Passed passed(ExtensionContext context) {
        return context.getStore(SPACE).computeIfAbsent(context.getRequiredTestClass(), c -> new Passed(new TreeMap<>(), new ArrayList<>()), Passed.class);
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        Shows shows = context.getRequiredTestMethod().getAnnotation(Shows.class);
        if (shows == null || context.getExecutionException().isPresent()) {
            return;
        }
        Passed passed = context.getParent().map(ConformanceTable::passed).orElseThrow();
        passed.methods().add(context.getRequiredTestMethod().getName());
        for (String what : shows.value()) {
            add(context.getParent().orElseThrow(), what, shows.lacking());
        }
    }

    /** @param lacking why it does not work, or "" */
    static void add(ExtensionContext classContext, String what, String lacking) {
        passed(classContext).rows().put(what, lacking.isEmpty() ? "yes" : "no: " + lacking);
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        Passed passed = passed(context);
        long all = Arrays.stream(context.getRequiredTestClass().getDeclaredMethods()).filter(m -> m.isAnnotationPresent(Shows.class)).count();
        if (passed.methods().size() < all) {
            // a failure, or a run of single tests: there is nothing whole to compare
            return;
        }
        String heading = "## " + context.getRequiredTestClass().getAnnotation(Client.class).value();
        List<String> table = new ArrayList<>(List.of("| what | works |", "|---|---|"));
        passed.rows().forEach((what, works) -> table.add("| " + what + " | " + works + " |"));
        Path document = Path.of(System.getProperty("skerry.root"), "docs/conformance.md");
        List<String> lines = Files.readAllLines(document);
        int begin = lines.indexOf(heading);
        int end = begin < 0 ? lines.size() : begin + 1;
        while (end < lines.size() && !lines.get(end).startsWith("## ")) {
            end++;
        }
        if (Boolean.getBoolean("skerry.conformance.write")) {
            List<String> written = new ArrayList<>(lines.subList(0, begin < 0 ? lines.size() : begin));
            if (begin < 0) {
                written.add("");
            }
            written.addAll(List.of(heading, ""));
            written.addAll(table);
            if (end < lines.size()) {
                written.add("");
            }
            written.addAll(lines.subList(end, lines.size()));
            Files.write(document, written);
            return;
        }
        List<String> told = begin < 0 ? List.of() : lines.subList(begin, end).stream().filter(line -> line.startsWith("|")).toList();
        if (!told.equals(table)) {
            throw new AssertionError("docs/conformance.md says under \"" + heading + "\" something else than was run. Write this there (or run with"
                    + " -Dskerry.conformance.write=true):\n\n" + String.join("\n", table) + "\n");
        }
    }
}
