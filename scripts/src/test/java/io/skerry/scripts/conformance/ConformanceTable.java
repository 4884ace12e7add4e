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
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Holds docs/conformance.md to what was run: after the tests of a client, its table there must be the rows of the tests that passed.
 * With {@code -Dskerry.conformance.write=true} the table is written instead.
 */
final class ConformanceTable implements AfterTestExecutionCallback, AfterAllCallback, ParameterResolver {
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(ConformanceTable.class);

    /** For a test of many rows that only its run tells; a parameter of a method with {@code @Shows({})}. */
    interface Rows {
        void works(String what);
    }

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
            passed.rows().put(what, shows.lacking().isEmpty() ? "yes" : "no: " + shows.lacking());
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Rows.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Map<String, String> rows = context.getParent().map(ConformanceTable::passed).orElseThrow().rows();
        return (Rows) what -> rows.put(what, "yes");
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        Passed passed = passed(context);
        long all = Arrays.stream(context.getRequiredTestClass().getDeclaredMethods()).filter(m -> m.isAnnotationPresent(Shows.class)).count();
        if (passed.methods().size() < all) {
            // a failure, or a run of single tests: there is nothing whole to compare
            return;
        }
        String heading = context.getRequiredTestClass().getAnnotation(Client.class).value();
        Map<String, String> rows = passed.rows();
        Path file = Path.of(System.getProperty("skerry.root"), "docs/conformance.md");
        ConformanceDocument document = new ConformanceDocument(Files.readAllLines(file));
        if (Boolean.getBoolean("skerry.conformance.write")) {
            Files.write(file, document.with(heading, rows));
        } else {
            document.require(heading, rows);
        }
    }
}
