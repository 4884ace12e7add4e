package io.skerry.apiserver.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HtmlLinksTest {
    private static final ProxyLinks LINKS = new ProxyLinks("/p/proxy", "10.42.0.7:8080", "api:6443");

    private static String through(String html, int size) {
        HtmlLinks links = new HtmlLinks(LINKS::through);
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < html.length(); at += size) {
            out.append(links.next(html.substring(at, Math.min(html.length(), at + size))));
        }
        return out + links.end();
    }

    /** In parts of every size: a tag may come in several packets. */
    private static void becomes(String html, String expected) {
        for (int size = 1; size <= html.length(); size++) {
            assertThat(through(html, size)).as("in parts of " + size).isEqualTo(expected);
        }
    }

    @Test
    void attributesWithUrlsAreLedBack() {
        becomes("<!DOCTYPE html><A HREF=\"/a?b=1&amp;c#d\">x</A><img src=/i.png alt='/not'><script src = '/s.js' async></script>",
                "<!DOCTYPE html><A HREF=\"/p/proxy/a?b=1&amp;c#d\">x</A><img src=/p/proxy/i.png alt='/not'><script src = '/p/proxy/s.js' async></script>");
        becomes("<form action=\"http://10.42.0.7:8080/f\"><a href='http://api:6443/x/'>", "<form action=\"/p/proxy/f\"><a href='http://api:6443/p/proxy/x/'>");
        becomes("<link href=\"/a>b\" rel=x><br/><base href=\"/\">", "<link href=\"/p/proxy/a>b\" rel=x><br/><base href=\"/p/proxy/\">");
    }

    @Test
    void allElseStaysAsItIs() {
        for (String html : new String[] {"", "a < b <3 << c", "<a href=\"x\"><a href=\"?q\"><a href=\"#f\"><a href><a href=>", "<a href=\"//elsewhere/x\"><a href='mailto:a@b'>",
                "<a href=\"javascript:/x/\"><a href=\"https://example.com/\">", "<!-- <a href=\"/x\"> --><p data-href=\"/x\" =\"/y\">", "<script>if (a<b) { x = '<a href=\"/x\">' }</script>",
                "<textarea><a href=\"/x\"></textArea><p>", "<div href=\"/x\">", "\u00e4\u00ff<p title=\"<a href='/x'>\">", "<a href=\"/cut off", "<", "<!-", "<a href=\"/p/proxy/in\"><a href=\"/p/proxy\">"}) {
            if (html.isEmpty()) {
                assertThat(through(html, 1)).isEmpty();
            }
            becomes(html, html);
        }
        becomes("<script>'<a>'</script><a href=\"/x\">", "<script>'<a>'</script><a href=\"/p/proxy/x\">");
        becomes("<!-- - --><a href=\"/x\">", "<!-- - --><a href=\"/p/proxy/x\">");
    }

    @Test
    void aTagWithoutAnEndIsNotKeptForever() {
        HtmlLinks links = new HtmlLinks(LINKS::through);
        String part = "<a title=\"" + "x".repeat(40_000);
        assertThat(links.next(part)).isEmpty();
        assertThat(links.next("y".repeat(40_000))).hasSize(part.length() + 40_000);
        assertThat(links.next("\"><a href=\"/x\">")).endsWith("<a href=\"/p/proxy/x\">");
    }

    @Test
    void locations() {
        assertThat(LINKS.through("/login")).isEqualTo("/p/proxy/login");
        assertThat(LINKS.through("http://10.42.0.7:8080/login?next=/")).isEqualTo("/p/proxy/login?next=/");
        assertThat(LINKS.through("https://api:6443/login")).isEqualTo("https://api:6443/p/proxy/login");
        assertThat(LINKS.through("/p/proxyother")).isEqualTo("/p/proxy/p/proxyother");
        for (String other : new String[] {"login", "", "http://example.com/x", "//example.com/x", "http://10.42.0.7:8080", "/p/proxy/login"}) {
            assertThat(LINKS.through(other)).isEqualTo(other);
        }
    }
}
