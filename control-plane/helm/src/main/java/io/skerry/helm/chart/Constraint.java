package io.skerry.helm.chart;

import io.skerry.helm.template.GoFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version range as Masterminds/semver 3 has it: {@code >=1.2 <2 || ~1.4, ^3.0.0, 1.2.x, 1.2 - 1.4}. A version with a prerelease
 * matches only a comparison that has one too.
 */
public final class Constraint {
    private static final String VERSION = "v?([0-9|x|X|\\*]+)(\\.[0-9|x|X|\\*]+)?(\\.[0-9|x|X|\\*]+)?(-([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?(\\+([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?";
    private static final String OPERATOR = "=||!=|>|<|>=|=>|<=|=<|~|~>|\\^";
    private static final Pattern RANGE = Pattern.compile("\\s*(" + VERSION + ")\\s+-\\s+(" + VERSION + ")\\s*");
    private static final Pattern ONE = Pattern.compile("\\s*(" + OPERATOR + ")\\s*(" + VERSION + ")\\s*");
    private static final Pattern FIND = Pattern.compile("(?:" + OPERATOR + ")\\s*(?:" + VERSION + ")");
    private static final Pattern VALID = Pattern.compile("(\\s*(" + OPERATOR + ")\\s*(" + VERSION + ")\\s*)((?:\\s+|,\\s*)(" + OPERATOR + ")\\s*(" + VERSION + ")\\s*)*");

    private record Comparison(String operator, Version version, boolean minorDirty, boolean patchDirty, boolean dirty) {}

    private final List<List<Comparison>> alternatives;

    private Constraint(List<List<Comparison>> alternatives) {
        this.alternatives = alternatives;
    }

    /** @throws IllegalArgumentException "improper constraint: ..." */
    public static Constraint parse(String text) {
        Matcher ranges = RANGE.matcher(text);
        String expanded = ranges.replaceAll(m -> Matcher.quoteReplacement(">=" + m.group(1) + " <=" + m.group(11)));
        List<List<Comparison>> alternatives = new ArrayList<>();
        for (String part : expanded.split("\\|\\|", -1)) {
            if (!VALID.matcher(part).matches()) {
                throw new IllegalArgumentException("improper constraint: " + GoFormat.quote(text));
            }
            List<Comparison> all = new ArrayList<>();
            Matcher m = FIND.matcher(part);
            while (m.find()) {
                if (!m.group().isBlank()) {
                    all.add(comparison(m.group(), text));
                }
            }
            alternatives.add(all);
        }
        return new Constraint(alternatives);
    }

    private static Comparison comparison(String s, String text) {
        Matcher m = ONE.matcher(s);
        if (!m.matches()) {
            throw new IllegalArgumentException("improper constraint: " + GoFormat.quote(text));
        }
        String pre = m.group(6) == null ? "" : m.group(6);
        String major = m.group(3);
        String minor = m.group(4);
        String patch = m.group(5);
        boolean dirty = false;
        boolean minorDirty = false;
        boolean patchDirty = false;
        String version;
        if (wild(major)) {
            version = "0.0.0" + pre;
            dirty = true;
        } else if (minor == null || wild(minor.substring(1))) {
            minorDirty = true;
            dirty = true;
            version = major + ".0.0" + pre;
        } else if (patch == null || wild(patch.substring(1))) {
            patchDirty = true;
            dirty = true;
            version = major + minor + ".0" + pre;
        } else {
            version = major + minor + patch + pre;
        }
        Version v;
        try {
            v = Version.parse(version);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("constraint parser error");
        }
        return new Comparison(wild(major) && !m.group(1).equals("!=") && !m.group(1).equals("<") ? "*" : m.group(1), v, minorDirty, patchDirty, dirty);
    }

    private static boolean wild(String s) {
        return s.equals("x") || s.equals("X") || s.equals("*");
    }

    public boolean allows(Version v) {
        for (List<Comparison> all : alternatives) {
            boolean fits = true;
            // A prerelease is let in by a range that has one in any of its comparisons.
            boolean pre = all.stream().anyMatch(c -> !c.version.prerelease().isEmpty());
            for (Comparison c : all) {
                fits &= (v.prerelease().isEmpty() || pre) && fits(c, v);
            }
            if (fits) {
                return true;
            }
        }
        return false;
    }

    private static boolean fits(Comparison c, Version v) {
        Version w = c.version;
        int order = v.compareTo(w);
        return switch (c.operator) {
            case "*" -> true;
            case "", "=" -> c.dirty ? tilde(c, v) : order == 0;
            case "!=" -> {
                if (!c.dirty) {
                    yield order != 0;
                }
                if (w.major() != v.major()) {
                    yield true;
                }
                if (w.minor() != v.minor() && !c.minorDirty) {
                    yield true;
                }
                yield !c.minorDirty && (w.patch() != v.patch() && !c.patchDirty);
            }
            case ">" -> {
                if (!c.dirty) {
                    yield order > 0;
                }
                if (v.major() != w.major()) {
                    yield v.major() > w.major();
                }
                yield !c.minorDirty && (c.patchDirty ? v.minor() > w.minor() : order > 0);
            }
            case "<" -> order < 0;
            case ">=", "=>" -> order >= 0;
            case "<=", "=<" -> {
                if (!c.dirty) {
                    yield order <= 0;
                }
                if (v.major() > w.major()) {
                    yield false;
                }
                yield !(v.major() == w.major() && v.minor() > w.minor() && !c.minorDirty);
            }
            case "~", "~>" -> tilde(c, v);
            default -> caret(c, v);
        };
    }

    private static boolean tilde(Comparison c, Version v) {
        Version w = c.version;
        if (v.compareTo(w) < 0) {
            return false;
        }
        if (w.major() == 0 && w.minor() == 0 && w.patch() == 0 && !c.minorDirty && !c.patchDirty) {
            return true;
        }
        return v.major() == w.major() && (v.minor() == w.minor() || c.minorDirty);
    }

    private static boolean caret(Comparison c, Version v) {
        Version w = c.version;
        if (v.compareTo(w) < 0) {
            return false;
        }
        if (w.major() > 0 || c.minorDirty) {
            return v.major() == w.major();
        }
        if (v.major() > 0) {
            return false;
        }
        if (w.minor() > 0 || c.patchDirty) {
            return v.minor() == w.minor();
        }
        if (v.minor() > 0) {
            return false;
        }
        return v.patch() == w.patch();
    }
}
