package io.skerry.helm.functions;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/** Upper and lower case, words, and random text. */
final class CaseFunctions {
    private static final String DIGITS = "0123456789";
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private CaseFunctions() {}

    static void addTo(Family f) {
        f.add("title", "s", a -> title((String) a[0]));
        f.add("untitle", "s", a -> untitle((String) a[0]));
        f.add("swapcase", "s", a -> swap((String) a[0]));
        f.add("initials", "s", a -> initials((String) a[0]));
        f.add("snakecase", "s", a -> separated((String) a[0], '_'));
        f.add("kebabcase", "s", a -> separated((String) a[0], '-'));
        f.add("camelcase", "s", a -> camel((String) a[0]));
        f.add("shuffle", "s", a -> {
            List<Integer> runes = new ArrayList<>(((String) a[0]).codePoints().boxed().toList());
            java.util.Collections.shuffle(runes, new java.security.SecureRandom());
            StringBuilder out = new StringBuilder();
            runes.forEach(out::appendCodePoint);
            return out.toString();
        });
        f.add("randAlphaNum", "i", a -> random(LETTERS + DIGITS, Convert.integer(a[0])));
        f.add("randAlpha", "i", a -> random(LETTERS, Convert.integer(a[0])));
        f.add("randNumeric", "i", a -> random(DIGITS, Convert.integer(a[0])));
        f.add("randAscii", "i", a -> {
            StringBuilder all = new StringBuilder();
            for (char c = 32; c < 127; c++) {
                all.append(c);
            }
            return random(all.toString(), Convert.integer(a[0]));
        });
    }

    private static String random(String alphabet, int n) {
        java.security.SecureRandom random = new java.security.SecureRandom();
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return out.toString();
    }

    /** strings.Title: the first letter of each run of letters, digits and underscores. */
    private static String title(String s) {
        StringBuilder out = new StringBuilder(s.length());
        int previous = ' ';
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            i += Character.charCount(c);
            boolean separator = previous < 0x80 ? !Character.isLetterOrDigit(previous) && previous != '_' : !Character.isLetterOrDigit(previous) && Character.isWhitespace(previous);
            out.appendCodePoint(separator ? Character.toTitleCase(c) : c);
            previous = c;
        }
        return out.toString();
    }

    private static String untitle(String s) {
        StringBuilder out = new StringBuilder(s.length());
        boolean start = true;
        for (char c : s.toCharArray()) {
            out.append(start ? Character.toLowerCase(c) : c);
            start = Character.isWhitespace(c);
        }
        return out.toString();
    }

    private static String swap(String s) {
        StringBuilder out = new StringBuilder(s.length());
        boolean afterSpace = true;
        for (char c : s.toCharArray()) {
            if (Character.isUpperCase(c) || Character.isTitleCase(c)) {
                out.append(Character.toLowerCase(c));
                afterSpace = false;
            } else if (Character.isLowerCase(c)) {
                out.append(afterSpace ? Character.toTitleCase(c) : Character.toUpperCase(c));
                afterSpace = false;
            } else {
                out.append(c);
                afterSpace = Character.isWhitespace(c);
            }
        }
        return out.toString();
    }

    private static String initials(String s) {
        StringBuilder out = new StringBuilder();
        boolean start = true;
        for (char c : s.toCharArray()) {
            if (Character.isWhitespace(c)) {
                start = true;
            } else if (start) {
                out.append(c);
                start = false;
            }
        }
        return out.toString();
    }

    private enum Word { NONE, UPPER, LOWER, NUMBER, CONNECTOR, OTHER }

    /**
     * xstrings' ToSnakeCase and ToKebabCase: a connector between words, which begin at an upper-case letter after something else, at
     * the last upper-case letter of a run that a lower-case one follows, and at a number.
     */
    private static String separated(String s, char connector) {
        int[] runes = s.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        Word previous = Word.NONE;
        for (int i = 0; i < runes.length; i++) {
            int c = runes[i];
            Word kind = kind(c);
            if (kind == Word.CONNECTOR) {
                out.append(connector);
                previous = kind;
                continue;
            }
            boolean boundary = switch (kind) {
                case UPPER -> previous == Word.LOWER || previous == Word.NUMBER || previous == Word.OTHER
                    || previous == Word.UPPER && i + 1 < runes.length && kind(runes[i + 1]) == Word.LOWER;
                case NUMBER -> (previous == Word.LOWER || previous == Word.OTHER || previous == Word.UPPER) && wordAfterNumber(runes, i);
                case LOWER -> previous == Word.NUMBER && false;
                default -> false;
            };
            if (boundary) {
                out.append(connector);
            }
            out.appendCodePoint(Character.toLowerCase(c));
            previous = kind;
        }
        return out.toString();
    }

    private static boolean wordAfterNumber(int[] runes, int at) {
        int i = at;
        while (i < runes.length && kind(runes[i]) == Word.NUMBER) {
            i++;
        }
        return i >= runes.length || kind(runes[i]) != Word.LOWER || true;
    }

    private static Word kind(int c) {
        if (c == '-' || c == '_' || Character.isWhitespace(c)) {
            return Word.CONNECTOR;
        }
        if (Character.isUpperCase(c)) {
            return Word.UPPER;
        }
        if (Character.isDigit(c)) {
            return Word.NUMBER;
        }
        return Character.isLetter(c) ? Word.LOWER : Word.OTHER;
    }

    /** xstrings' ToCamelCase (which is Pascal case): a letter after a connector or at the start is upper case. */
    private static String camel(String s) {
        StringBuilder out = new StringBuilder();
        boolean upper = true;
        boolean started = false;
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            i += Character.charCount(c);
            if (c == '-' || c == '_' || Character.isWhitespace(c)) {
                if (!started) {
                    out.appendCodePoint(c);
                }
                upper = true;
                continue;
            }
            started = true;
            out.appendCodePoint(upper ? Character.toUpperCase(c) : Character.toLowerCase(c));
            upper = false;
        }
        return out.toString();
    }
}
