package io.skerry.apiserver.proxy;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Changes the URLs in the attributes of an HTML document's tags as it passes, and nothing else (k8s.io/apimachinery, util/proxy, rewriteHTML; the HTML
 * standard's tokenization). Text comes and goes as ISO 8859-1, whatever the document's encoding: markup is ASCII in all that browsers take.
 */
final class HtmlLinks {
    /** Attributes with a URL, by element. */
    private static final Map<String, Set<String>> ATTRIBUTES = Map.ofEntries(Map.entry("a", Set.of("href")), Map.entry("applet", Set.of("codebase")),
            Map.entry("area", Set.of("href")), Map.entry("audio", Set.of("src")), Map.entry("base", Set.of("href")), Map.entry("blockquote", Set.of("cite")),
            Map.entry("body", Set.of("background")), Map.entry("button", Set.of("formaction")), Map.entry("command", Set.of("icon")), Map.entry("del", Set.of("cite")),
            Map.entry("embed", Set.of("src")), Map.entry("form", Set.of("action")), Map.entry("frame", Set.of("longdesc", "src")), Map.entry("head", Set.of("profile")),
            Map.entry("html", Set.of("manifest")), Map.entry("iframe", Set.of("longdesc", "src")), Map.entry("img", Set.of("longdesc", "src", "usemap")),
            Map.entry("input", Set.of("src", "usemap", "formaction")), Map.entry("ins", Set.of("cite")), Map.entry("link", Set.of("href")),
            Map.entry("object", Set.of("classid", "codebase", "data", "usemap")), Map.entry("q", Set.of("cite")), Map.entry("script", Set.of("src")),
            Map.entry("source", Set.of("src")), Map.entry("video", Set.of("poster", "src")));
    /** Elements whose content is text, whatever it looks like. */
    private static final Set<String> RAW = Set.of("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes");
    /** A tag that has not ended by then passes as it is. */
    private static final int MAX_TAG = 64 << 10;

    private final UnaryOperator<String> links;
    private String waiting = "";
    /** in lower case: what ends a stretch that passes as it is; null outside of one */
    private String until;

    /** @param links gives what to put in the place of a URL */
    HtmlLinks(UnaryOperator<String> links) {
        this.links = links;
    }

    /** The next part of the document; what cannot be told yet comes with a later one. */
    String next(String part) {
        String text = waiting + part;
        StringBuilder out = new StringBuilder(text.length() + 64);
        int at = 0;
        while (at < text.length()) {
            int from = at;
            at = until != null ? raw(text, at, out) : text.charAt(at) == '<' ? markup(text, at, out) : text(text, at, out);
            if (at == from) {
                break;
            }
        }
        waiting = text.substring(at);
        return out.toString();
    }

    /** What is left at the document's end. */
    String end() {
        return waiting;
    }

    private static int text(String text, int at, StringBuilder out) {
        int end = text.indexOf('<', at);
        end = end < 0 ? text.length() : end;
        out.append(text, at, end);
        return end;
    }

    private int raw(String text, int at, StringBuilder out) {
        int end = at;
        while (end + until.length() <= text.length() && !text.regionMatches(true, end, until, 0, until.length())) {
            end++;
        }
        if (end + until.length() <= text.length()) {
            end += until.length();
            until = null;
        }
        out.append(text, at, end);
        return end;
    }

    /** At a "<". @return the same place when more is needed */
    private int markup(String text, int at, StringBuilder out) {
        if (at + 4 > text.length() && "<!--".startsWith(text.substring(at))) {
            return at;
        }
        if (text.startsWith("<!--", at)) {
            out.append("<!--");
            until = "-->";
            return at + 4;
        }
        char first = text.charAt(at + 1);
        boolean letter = first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z';
        if (!letter) {
            // the end of an element, a declaration, or a mere less-than sign
            out.append('<').append(first == '<' ? "" : first);
            return first == '<' ? at + 1 : at + 2;
        }
        int end = endOfTag(text, at);
        if (end < 0) {
            if (text.length() - at <= MAX_TAG) {
                return at;
            }
            out.append(text, at, text.length());
            return text.length();
        }
        tag(text.substring(at, end), out);
        return end;
    }

    /** Index behind a tag's ">", or -1. */
    private static int endOfTag(String text, int at) {
        char quote = 0;
        char before = 0;
        for (int i = at; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if ((c == '"' || c == '\'') && before == '=') {
                quote = c;
            } else if (c == '>') {
                return i + 1;
            }
            before = isSpace(c) ? before : c;
        }
        return -1;
    }

    private void tag(String tag, StringBuilder out) {
        int at = 1;
        while (!isSpace(tag.charAt(at)) && tag.charAt(at) != '/' && tag.charAt(at) != '>') {
            at++;
        }
        String element = tag.substring(1, at).toLowerCase(Locale.ROOT);
        Set<String> wanted = ATTRIBUTES.getOrDefault(element, Set.of());
        int copied = 0;
        while (at < tag.length() - 1) {
            while (at < tag.length() - 1 && (isSpace(tag.charAt(at)) || tag.charAt(at) == '/')) {
                at++;
            }
            int name = at;
            // an equals sign that comes first is part of the name
            while (at < tag.length() - 1 && !isSpace(tag.charAt(at)) && tag.charAt(at) != '/' && (tag.charAt(at) != '=' || at == name)) {
                at++;
            }
            String attribute = tag.substring(name, at).toLowerCase(Locale.ROOT);
            int equals = spaces(tag, at);
            if (tag.charAt(equals) != '=' || attribute.isEmpty()) {
                continue;
            }
            int value = spaces(tag, equals + 1);
            char quote = tag.charAt(value) == '"' || tag.charAt(value) == '\'' ? tag.charAt(value) : 0;
            value = quote == 0 ? value : value + 1;
            int end = value;
            while (end < tag.length() - 1 && (quote != 0 ? tag.charAt(end) != quote : !isSpace(tag.charAt(end)))) {
                end++;
            }
            if (wanted.contains(attribute)) {
                out.append(tag, copied, value).append(links.apply(tag.substring(value, end)));
                copied = end;
            }
            at = quote == 0 ? end : Math.min(end + 1, tag.length() - 1);
        }
        out.append(tag, copied, tag.length());
        if (RAW.contains(element)) {
            until = "</" + element;
        }
    }

    /** The next place that is no white space; the tag's ">" is none. */
    private static int spaces(String tag, int at) {
        int next = at;
        while (isSpace(tag.charAt(next))) {
            next++;
        }
        return next;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
    }
}
