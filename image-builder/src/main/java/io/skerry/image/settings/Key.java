package io.skerry.image.settings;

/**
 * One row of the settings' table.
 *
 * @param doc      what it does, one or two sentences in Markdown; with its default
 * @param example  a value as one writes it in YAML flow style; empty for sections
 * @param required whether the section that holds it must have it
 * @param secret   whether its value may not be shown
 * @param pending  why it has no effect yet, shown as a warning when it is set; empty when it works
 */
public record Key(String name, Shape shape, String doc, String example, boolean required, boolean secret, String pending) {
    static Key of(String name, Shape shape, String doc, String example) {
        return new Key(name, shape, doc, example, false, false, "");
    }

    static Key section(String name, String doc, Key... keys) {
        return of(name, new Shape.Section(java.util.List.of(keys)), doc, "");
    }

    Key mandatory() {
        return new Key(name, shape, doc, example, true, secret, pending);
    }

    Key hidden() {
        return new Key(name, shape, doc, example, required, true, pending);
    }

    Key toCome(String why) {
        return new Key(name, shape, doc, example, required, secret, why);
    }
}
