package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Upper and lower case, words, and random text. */
final class CaseFunctions {
    private static final String DIGITS = "0123456789";
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private CaseFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "title" -> Function.of(name, "s", a -> title((String) a[0]));
            case "untitle" -> Function.of(name, "s", a -> untitle((String) a[0]));
            case "swapcase" -> Function.of(name, "s", a -> swap((String) a[0]));
            case "initials" -> Function.of(name, "s", a -> initials((String) a[0]));
            case "snakecase" -> Function.of(name, "s", a -> separated((String) a[0], '_'));
            case "kebabcase" -> Function.of(name, "s", a -> separated((String) a[0], '-'));
            case "camelcase" -> Function.of(name, "s", a -> camel((String) a[0]));
            case "shuffle" -> Function.of(name, "s", a -> {
                List<Integer> runes = new ArrayList<>(((String) a[0]).codePoints().boxed().toList());
                java.util.Collections.shuffle(runes, new java.security.SecureRandom());
                StringBuilder out = new StringBuilder();
                runes.forEach(out::appendCodePoint);
                return out.toString();
            });
            case "randAlphaNum" -> Function.of(name, "i", a -> random(LETTERS + DIGITS, Convert.integer(a[0])));
            case "randAlpha" -> Function.of(name, "i", a -> random(LETTERS, Convert.integer(a[0])));
            case "randNumeric" -> Function.of(name, "i", a -> random(DIGITS, Convert.integer(a[0])));
            case "randAscii" -> Function.of(name, "i", a -> {
                StringBuilder all = new StringBuilder();
                for (char c = 32; c < 127; c++) {
                    all.append(c);
                }
                return random(all.toString(), Convert.integer(a[0]));
            });
            default -> null;
        };
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

    private enum Kind { CONNECTOR, PUNCTUATION, WORD, LOWER, NUMBER, END }

    private record Word(Kind kind, String text) {}

    private static final Word END = new Word(Kind.END, "");

    /**
     * xstrings' ToSnakeCase and ToKebabCase: words are joined by the connector. A number belongs to the word before it (Bld4Floor is
     * bld4_floor), unless lower-case letters follow it: then it begins a word with them (HTTP2xx is http_2xx).
     */
    private static String separated(String s, char connector) {
        List<Word> words = words(s);
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < words.size()) {
            Word w = words.get(i++);
            switch (w.kind) {
                case CONNECTOR -> out.repeat(connector, w.text.length());
                case PUNCTUATION -> out.append(w.text);
                default -> {
                    out.append(w.text.toLowerCase(Locale.ROOT));
                    boolean glue = w.kind == Kind.NUMBER;
                    if (!glue && at(words, i).kind == Kind.NUMBER) {
                        glue = at(words, i + 1).kind == Kind.LOWER;
                        out.append(glue ? String.valueOf(connector) : "").append(words.get(i++).text);
                    }
                    while (glue && (at(words, i).kind == Kind.LOWER || at(words, i).kind == Kind.NUMBER)) {
                        out.append(words.get(i++).text);
                    }
                    Kind next = at(words, i).kind;
                    if (next == Kind.WORD || next == Kind.LOWER || next == Kind.NUMBER) {
                        out.append(connector);
                    }
                }
            }
        }
        return out.toString();
    }

    private static Word at(List<Word> words, int i) {
        return i < words.size() ? words.get(i) : END;
    }

    /** Runs of one kind; a word with a capital is the capital and its lower-case letters, or capitals up to the next such word. */
    private static List<Word> words(String s) {
        int[] runes = s.codePoints().toArray();
        List<Word> out = new ArrayList<>();
        int i = 0;
        while (i < runes.length) {
            int start = i;
            Kind kind = kind(runes[i]);
            if (Character.isUpperCase(runes[i])) {
                kind = Kind.WORD;
                while (i < runes.length && Character.isUpperCase(runes[i])) {
                    i++;
                }
                if (i < runes.length && kind(runes[i]) == Kind.LOWER) {
                    if (i - start > 1) {
                        i--;
                    } else {
                        while (i < runes.length && kind(runes[i]) == Kind.LOWER) {
                            i++;
                        }
                    }
                }
            } else {
                while (i < runes.length && kind(runes[i]) == kind && !Character.isUpperCase(runes[i])) {
                    i++;
                }
            }
            out.add(new Word(kind, new String(runes, start, i - start)));
        }
        return out;
    }

    private static Kind kind(int c) {
        if (connects(c)) {
            return Kind.CONNECTOR;
        }
        if (Character.isDigit(c)) {
            return Kind.NUMBER;
        }
        if (Character.isLowerCase(c)) {
            return Kind.LOWER;
        }
        return Character.isLetter(c) ? Kind.WORD : Kind.PUNCTUATION;
    }

    private static boolean connects(int c) {
        return c == '-' || c == '_' || Character.isWhitespace(c);
    }

    /**
     * xstrings' ToCamelCase: the letter after a connector is upper case, one connector before it goes; the capitals that follow a
     * capital become lower case, up to the first letter that is none. Leading connectors stay.
     */
    private static String camel(String s) {
        int[] runes = s.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < runes.length && connects(runes[i])) {
            out.appendCodePoint(runes[i++]);
        }
        boolean start = true;
        boolean capitals = false;
        for (; i < runes.length; i++) {
            int c = runes[i];
            if (connects(c)) {
                if (i + 1 == runes.length || connects(runes[i + 1])) {
                    out.appendCodePoint(c);
                }
                start = true;
                continue;
            }
            if (start) {
                capitals = Character.isUpperCase(c);
                out.appendCodePoint(Character.toUpperCase(c));
            } else {
                capitals &= Character.isUpperCase(c);
                out.appendCodePoint(capitals ? Character.toLowerCase(c) : c);
            }
            start = false;
        }
        return out.toString();
    }
}
