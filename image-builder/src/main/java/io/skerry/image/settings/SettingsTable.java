package io.skerry.image.settings;

import java.util.List;

/** The settings' table in Markdown, as it stands in docs/settings.md. */
public final class SettingsTable {
    private final StringBuilder rows = new StringBuilder("| key | value | what it does | example |\n|---|---|---|---|\n");

    private SettingsTable() {}

    /** One row a key, sections before what they hold. */
    public static String markdown() {
        SettingsTable table = new SettingsTable();
        table.rows(SettingsSchema.keys(), "");
        return table.rows.toString();
    }

    private void rows(List<Key> keys, String prefix) {
        for (Key key : keys) {
            String path = prefix + key.name();
            rows.append("| `").append(path).append("`").append(key.required() ? " (required)" : "").append(" | ").append(cell(value(key.shape()))).append(" | ")
                    .append(cell(key.doc() + (key.pending().isEmpty() ? "" : " *To come: " + key.pending() + ".*"))).append(" | ")
                    .append(key.example().isEmpty() ? "" : "`" + cell(key.example()) + "`").append(" |\n");
            below(key.shape(), path);
        }
    }

    private void below(Shape shape, String path) {
        switch (shape) {
            case Shape.Section section -> rows(section.keys(), path + ".");
            case Shape.Items items -> below(items.of(), path + "[]");
            case Shape.Named named -> below(named.of(), path + "." + named.placeholder());
            default -> { }
        }
    }

    private static String value(Shape shape) {
        return switch (shape) {
            case Shape.Section section -> "section";
            case Shape.Text text -> text.format().allowed();
            case Shape.Whole whole -> "a whole number from " + whole.min() + " to " + whole.max();
            case Shape.Flag flag -> "`true` or `false`";
            case Shape.Choice choice -> "`" + String.join("`, `", choice.words()) + "`";
            case Shape.Items items -> items.of() instanceof Shape.Section ? "list" : "list: " + value(items.of());
            case Shape.Named named -> "mapping; a key is " + named.name().allowed() + (named.of() instanceof Shape.Text text ? "; a value is " + text.format().allowed() : "");
            case Shape.ServerFlags flags -> "mapping of flags to values or lists of values";
        };
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
