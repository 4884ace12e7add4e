package io.skerry.image.settings;

import java.util.List;

/** What the value of a key may be. */
public sealed interface Shape {
    /** A string of one format. A number or a date without quotes is not a string: YAML would change how it is written. */
    record Text(Format format) implements Shape {}

    /** A whole number from {@code min} to {@code max}, both included. */
    record Whole(long min, long max) implements Shape {}

    /** {@code true} or {@code false}. */
    record Flag() implements Shape {}

    /** One of a few words. */
    record Choice(List<String> words) implements Shape {}

    /** A mapping with fixed keys. */
    record Section(List<Key> keys) implements Shape {}

    /** A mapping whose keys the user chooses. {@code placeholder} stands for them in the documentation. */
    record Named(String placeholder, Format name, Shape of) implements Shape {}

    /** A list. */
    record Items(Shape of) implements Shape {}

    /** Flags of {@code skerry server} by name: values, or lists of values. */
    record ServerFlags() implements Shape {}
}
