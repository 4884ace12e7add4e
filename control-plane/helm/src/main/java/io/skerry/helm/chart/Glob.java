package io.skerry.helm.chart;

import java.util.regex.Pattern;

/** Shell patterns over paths. */
public final class Glob {
    private Glob() {}

    /** Go's filepath.Match: {@code *}, {@code ?} and {@code [a-z]}, none of which matches '/'. */
    static Pattern path(String pattern) {
        return compile(pattern, false);
    }

    /** gobwas/glob with '/' as separator, which {@code .Files.Glob} uses: also {@code **} over folders and <code>{a,b}</code>. */
    public static Pattern files(String pattern) {
        return compile(pattern, true);
    }

    private static Pattern compile(String p, boolean extended) {
        StringBuilder re = new StringBuilder();
        int braces = 0;
        for (int i = 0; i < p.length(); i++) {
            char c = p.charAt(i);
            switch (c) {
                case '*' -> {
                    if (extended && i + 1 < p.length() && p.charAt(i + 1) == '*') {
                        re.append(".*");
                        i++;
                    } else {
                        re.append("[^/]*");
                    }
                }
                case '?' -> re.append("[^/]");
                case '[' -> {
                    int end = p.indexOf(']', i + 2);
                    if (end < 0) {
                        re.append("\\[");
                    } else {
                        String set = p.substring(i + 1, end);
                        boolean not = set.startsWith("!") || set.startsWith("^");
                        re.append(not ? "[^/" : "[").append(set.substring(not ? 1 : 0).replace("\\", "\\\\").replace("[", "\\[").replace("&", "\\&").replace("^", "\\^")).append(']');
                        i = end;
                    }
                }
                case '{' -> {
                    if (extended) {
                        re.append("(?:");
                        braces++;
                    } else {
                        re.append("\\{");
                    }
                }
                case '}' -> {
                    if (extended && braces > 0) {
                        re.append(')');
                        braces--;
                    } else {
                        re.append("\\}");
                    }
                }
                case ',' -> re.append(braces > 0 ? "|" : ",");
                case '\\' -> {
                    if (i + 1 < p.length()) {
                        re.append(Pattern.quote(p.substring(i + 1, i + 2)));
                        i++;
                    }
                }
                default -> re.append(Character.isLetterOrDigit(c) ? String.valueOf(c) : Pattern.quote(String.valueOf(c)));
            }
        }
        if (braces > 0) {
            return Pattern.compile(Pattern.quote(p));
        }
        return Pattern.compile(re.toString(), Pattern.DOTALL);
    }
}
