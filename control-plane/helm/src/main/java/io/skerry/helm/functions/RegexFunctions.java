package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.TypedList;
import java.util.ArrayList;
import java.util.List;

/** Regular expressions with Go's syntax (RE2). */
final class RegexFunctions {
    private RegexFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "regexMatch" -> Function.of(name, "ss", a -> {
                try {
                    return Pattern.compile((String) a[0]).matcher((String) a[1]).find();
                } catch (PatternSyntaxException e) {
                    return false;
                }
            });
            case "mustRegexMatch" -> Function.of(name, "ss", a -> compile(a[0], name).matcher((String) a[1]).find());
            case "regexFind", "mustRegexFind" -> Function.of(name, "ss", a -> {
                Matcher m = compile(a[0], name).matcher((String) a[1]);
                return m.find() ? m.group() : "";
            });
            case "regexFindAll", "mustRegexFindAll" -> Function.of(name, "ssi", a -> {
                List<String> out = new ArrayList<>();
                Matcher m = compile(a[0], name).matcher((String) a[1]);
                int n = Convert.integer(a[2]);
                for (int end = -1; (n < 0 || out.size() < n) && next(m, end); end = m.end()) {
                    out.add(m.group());
                }
                return TypedList.strings(out);
            });
            case "regexReplaceAll", "mustRegexReplaceAll" -> Function.of(name, "sss", a -> replace(compile(a[0], name), (String) a[1], (String) a[2], true));
            case "regexReplaceAllLiteral", "mustRegexReplaceAllLiteral" -> Function.of(name, "sss", a -> replace(compile(a[0], name), (String) a[1], (String) a[2], false));
            case "regexSplit", "mustRegexSplit" -> Function.of(name, "ssi", a -> split(compile(a[0], name), (String) a[1], Convert.integer(a[2])));
            case "regexQuoteMeta" -> Function.of(name, "s", a -> {
                StringBuilder out = new StringBuilder();
                for (char c : ((String) a[0]).toCharArray()) {
                    if ("\\.+*?()|[]{}^$".indexOf(c) >= 0) {
                        out.append('\\');
                    }
                    out.append(c);
                }
                return out.toString();
            });
            default -> null;
        };
    }

    /** The next match; in Go an empty one does not count right behind another. @param end of the match before, -1 for none */
    private static boolean next(Matcher m, int end) {
        while (m.find()) {
            if (m.end() > m.start() || m.start() != end) {
                return true;
            }
        }
        return false;
    }

    /** @param function the forms that begin with must return their errors; the others panic, in other words */
    private static Pattern compile(Object regex, String function) {
        try {
            return Pattern.compile((String) regex);
        } catch (PatternSyntaxException e) {
            throw new FunctionException((function.startsWith("must") ? "" : "regexp: Compile(`" + regex + "`): ") + "error parsing regexp: " + e.getDescription() + (e.getPattern() == null ? "" : ": `" + e.getPattern() + "`"));
        }
    }

    private static String replace(Pattern p, String s, String with, boolean expand) {
        Matcher m = p.matcher(s);
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int last = -1; next(m, last); last = m.end()) {
            out.append(s, from, m.start());
            if (expand) {
                expand(out, m, p, with);
            } else {
                out.append(with);
            }
            from = m.end();
        }
        return out.append(s, from, s.length()).toString();
    }

    /** Go's Regexp.Expand: $1, ${1}, $name (the longest run of letters, digits, underscores), $$. */
    private static void expand(StringBuilder out, Matcher m, Pattern p, String template) {
        int i = 0;
        while (i < template.length()) {
            int dollar = template.indexOf('$', i);
            if (dollar < 0 || dollar == template.length() - 1) {
                break;
            }
            out.append(template, i, dollar);
            i = dollar + 1;
            if (template.charAt(i) == '$') {
                out.append('$');
                i++;
                continue;
            }
            boolean brace = template.charAt(i) == '{';
            int start = brace ? i + 1 : i;
            int end = start;
            while (end < template.length() && (Character.isLetterOrDigit(template.charAt(end)) || template.charAt(end) == '_')) {
                end++;
            }
            if (end == start || brace && (end >= template.length() || template.charAt(end) != '}')) {
                out.append('$');
                continue;
            }
            String name = template.substring(start, end);
            String group = null;
            if (name.chars().allMatch(Character::isDigit)) {
                int n = name.length() > 6 ? Integer.MAX_VALUE : Integer.parseInt(name);
                group = n <= m.groupCount() ? m.group(n) : null;
            } else if (p.namedGroups().containsKey(name)) {
                group = m.group(name);
            }
            out.append(group == null ? "" : group);
            i = brace ? end + 1 : end;
        }
        out.append(template, Math.min(i, template.length()), template.length());
    }

    /** Regexp.Split: n below 0 is all parts, 0 none. */
    private static TypedList split(Pattern p, String s, int n) {
        List<String> out = new ArrayList<>();
        if (n == 0) {
            return TypedList.strings(out);
        }
        if (!p.pattern().isEmpty() && s.isEmpty()) {
            out.add("");
            return TypedList.strings(out);
        }
        Matcher m = p.matcher(s);
        int from = 0;
        int end = 0;
        for (int last = -1; (n < 0 || out.size() < n - 1) && next(m, last); last = m.end()) {
            end = m.start();
            if (m.end() != 0) {
                out.add(s.substring(from, end));
            }
            from = m.end();
        }
        if (end != s.length()) {
            out.add(s.substring(from));
        }
        return TypedList.strings(out);
    }
}
