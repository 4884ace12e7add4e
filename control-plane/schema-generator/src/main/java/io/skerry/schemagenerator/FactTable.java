package io.skerry.schemagenerator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One of the tab-separated tables beside this class: what Kubernetes' API says and fabric8's classes do not.
 *
 * <p>Lines that start with # are comments, "-" stands for nothing. A row that nothing asks for is a mistake in the table (or a model
 * that moved on), so {@link #unused()} names it and the build fails.
 */
final class FactTable {

    private final String name;
    private final int keyColumns;
    private final Map<String, String[]> rows = new LinkedHashMap<>();
    private final Set<String> used = new HashSet<>();

    private FactTable(String name, int keyColumns) {
        this.name = name;
        this.keyColumns = keyColumns;
    }

    /** Reads the table of this name, whose rows are told apart by their first columns. */
    static FactTable read(String name, int keyColumns) throws IOException {
        FactTable table = new FactTable(name, keyColumns);
        try (InputStream in = FactTable.class.getResourceAsStream(name + ".tsv")) {
            if (in == null) {
                throw new IOException("no fact table " + name + ".tsv beside " + FactTable.class.getName());
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            int columns = -1;
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                String[] row = line.split("\t", -1);
                if (columns >= 0 && row.length != columns) {
                    throw new IOException(name + ".tsv:" + number + ": " + row.length + " columns, the rows above have " + columns);
                }
                columns = row.length;
                if (table.rows.put(table.key(row), row) != null) {
                    throw new IOException(name + ".tsv:" + number + ": a second row for " + table.key(row));
                }
            }
        }
        return table;
    }

    private String key(String... row) {
        return String.join("\t", List.of(row).subList(0, keyColumns));
    }

    /** The columns after the key, or null when there is no such row. */
    String[] find(String... key) {
        String k = key(key);
        String[] row = rows.get(k);
        if (row == null) {
            return null;
        }
        used.add(k);
        return List.of(row).subList(keyColumns, row.length).toArray(String[]::new);
    }

    boolean has(String... key) {
        return find(key) != null;
    }

    /** Of the rows with this first column, the second and the third one. */
    Map<String, String> under(String first) {
        Map<String, String> out = new HashMap<>();
        rows.values().stream().filter(row -> row[0].equals(first)).forEach(row -> out.put(row[1], find(row)[0]));
        return out;
    }

    /** All rows with all columns, in the table's order. */
    List<String[]> all() {
        used.addAll(rows.keySet());
        return new ArrayList<>(rows.values());
    }

    /** Rows that were never asked for, as "table: key". */
    List<String> unused() {
        Map<String, String[]> left = new HashMap<>(rows);
        left.keySet().removeAll(used);
        return left.keySet().stream().sorted().map(k -> name + ".tsv: " + k.replace('\t', ' ')).toList();
    }

    /** A column of comma-separated words; "-" is none. */
    static List<String> words(String column) {
        return column.equals("-") ? List.of() : List.of(column.split(","));
    }
}
