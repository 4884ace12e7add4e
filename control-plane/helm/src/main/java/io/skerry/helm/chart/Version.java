package io.skerry.helm.chart;

import io.skerry.helm.encoding.GoJson;
import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoValue;
import java.math.BigInteger;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A semantic version (semver.org 2.0), read as leniently as Masterminds/semver does: "v1", "1.2".
 * @param original as it was written
 */
public record Version(long major, long minor, long patch, String prerelease, String metadata, String original) implements Comparable<Version>, GoJson.Fields {
    private static final Pattern FORM = Pattern.compile(
        "v?(0|[1-9]\\d*)(?:\\.(0|[1-9]\\d*))?(?:\\.(0|[1-9]\\d*))?(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?");

    /** @throws IllegalArgumentException with Masterminds/semver's message */
    public static Version parse(String s) {
        Matcher m = FORM.matcher(s);
        if (!m.matches()) {
            throw new IllegalArgumentException("invalid semantic version");
        }
        String pre = text(m.group(4));
        for (String part : pre.split("\\.")) {
            if (part.length() > 1 && part.startsWith("0") && part.chars().allMatch(Character::isDigit)) {
                throw new IllegalArgumentException("version segment starts with 0");
            }
        }
        try {
            return new Version(Long.parseLong(m.group(1)), number(m.group(2)), number(m.group(3)), pre, text(m.group(5)), s);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("invalid semantic version");
        }
    }

    private static long number(String s) {
        return s == null ? 0 : Long.parseLong(s);
    }

    private static String text(String s) {
        return s == null ? "" : s;
    }

    @Override
    public int compareTo(Version o) {
        int c = Long.compare(major, o.major);
        c = c != 0 ? c : Long.compare(minor, o.minor);
        c = c != 0 ? c : Long.compare(patch, o.patch);
        if (c != 0 || prerelease.equals(o.prerelease)) {
            return c;
        }
        if (prerelease.isEmpty()) {
            return 1;
        }
        if (o.prerelease.isEmpty()) {
            return -1;
        }
        String[] a = prerelease.split("\\.");
        String[] b = o.prerelease.split("\\.");
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            if (i >= a.length || i >= b.length) {
                return a.length - b.length;
            }
            boolean na = a[i].chars().allMatch(Character::isDigit);
            boolean nb = b[i].chars().allMatch(Character::isDigit);
            c = na && nb ? new BigInteger(a[i]).compareTo(new BigInteger(b[i])) : na ? -1 : nb ? 1 : a[i].compareTo(b[i]);
            if (c != 0) {
                return c;
            }
        }
        return 0;
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch + (prerelease.isEmpty() ? "" : "-" + prerelease) + (metadata.isEmpty() ? "" : "+" + metadata);
    }

    @Override
    public Object field(String name) {
        return ABSENT;
    }

    @Override
    public Function method(String name) {
        return switch (name) {
            case "Major" -> get(name, BigInteger.valueOf(major));
            case "Minor" -> get(name, BigInteger.valueOf(minor));
            case "Patch" -> get(name, BigInteger.valueOf(patch));
            case "Prerelease" -> get(name, prerelease);
            case "Metadata" -> get(name, metadata);
            case "Original" -> get(name, original);
            case "String" -> get(name, toString());
            case "IncMajor" -> get(name, new Version(major + 1, 0, 0, "", "", ""));
            case "IncMinor" -> get(name, new Version(major, minor + 1, 0, "", "", ""));
            case "IncPatch" -> get(name, new Version(major, minor, prerelease.isEmpty() ? patch + 1 : patch, "", "", ""));
            case "Compare" -> Function.of(name, "a", a -> Integer.signum(compareTo(other(a[0]))));
            case "Equal" -> Function.of(name, "a", a -> compareTo(other(a[0])) == 0);
            case "LessThan" -> Function.of(name, "a", a -> compareTo(other(a[0])) < 0);
            case "GreaterThan" -> Function.of(name, "a", a -> compareTo(other(a[0])) > 0);
            default -> null;
        };
    }

    private static Function get(String name, Object value) {
        return Function.of(name, "", _ -> value);
    }

    private static Version other(Object v) {
        if (v instanceof Version o) {
            return o;
        }
        throw new FunctionException("wrong type for value; expected *semver.Version; got " + GoValue.typeName(v));
    }

    @Override
    public String typeName() {
        return "*semver.Version";
    }

    @Override
    public String kind() {
        return "ptr";
    }

    @Override
    public Map<String, Object> jsonFields() {
        return Map.of();
    }
}
