package io.skerry.machinery.cel.library;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version as semver.org 2.0.0 has it; build metadata does not count when versions are compared.
 *
 * @param preRelease what follows the hyphen, or ""
 */
record Semver(long major, long minor, long patch, String preRelease) implements Comparable<Semver> {
    private static final String NUMBER = "(0|[1-9]\\d*)";
    private static final String PRE = "(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
    private static final Pattern SYNTAX = Pattern.compile(NUMBER + "\\." + NUMBER + "\\." + NUMBER + "(?:-(" + PRE + "(?:\\." + PRE + ")*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?");

    /** @param normalize takes a leading v, leading zeros and missing minor and patch numbers as well */
    static Semver parse(String text, boolean normalize) {
        Matcher matcher = SYNTAX.matcher(normalize ? normalized(text) : text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no semantic version: MAJOR.MINOR.PATCH is needed");
        }
        try {
            return new Semver(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)),
                    matcher.group(4) == null ? "" : matcher.group(4));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no semantic version: a number is too large");
        }
    }

    private static String normalized(String text) {
        String[] parts = text.replaceFirst("^v", "").split("\\.", 3);
        for (int i = 0; i < parts.length; i++) {
            parts[i] = parts[i].replaceFirst("^0+(?=\\d)", "");
        }
        if (parts.length < 3 && parts[parts.length - 1].matches(".*[+-].*")) {
            throw new IllegalArgumentException("short version cannot contain PreRelease/Build meta data");
        }
        return String.join(".", parts) + ".0".repeat(3 - parts.length);
    }

    @Override
    public int compareTo(Semver other) {
        int order = Long.compare(major, other.major);
        order = order != 0 ? order : Long.compare(minor, other.minor);
        order = order != 0 ? order : Long.compare(patch, other.patch);
        if (order != 0 || preRelease.equals(other.preRelease)) {
            return order;
        }
        if (preRelease.isEmpty() || other.preRelease.isEmpty()) {
            return preRelease.isEmpty() ? 1 : -1;
        }
        String[] mine = preRelease.split("\\.");
        String[] others = other.preRelease.split("\\.");
        for (int i = 0; i < Math.min(mine.length, others.length); i++) {
            int part = compareIdentifiers(mine[i], others[i]);
            if (part != 0) {
                return part;
            }
        }
        return Integer.compare(mine.length, others.length);
    }

    /** Numbers by value and before names. */
    private static int compareIdentifiers(String a, String b) {
        boolean number = a.matches("\\d+");
        boolean otherNumber = b.matches("\\d+");
        if (number && otherNumber) {
            return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
        }
        return number != otherNumber ? number ? -1 : 1 : a.compareTo(b);
    }
}
