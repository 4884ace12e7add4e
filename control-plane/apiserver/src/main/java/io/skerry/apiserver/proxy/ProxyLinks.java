package io.skerry.apiserver.proxy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leads links of a page that came through the proxy back to it: those that begin at the root of the server behind it (k8s.io/apimachinery, util/proxy,
 * Transport.rewriteURL).
 *
 * @param prefix path of the API server under which the other server is seen, percent-encoded, without a slash at its end
 * @param server host and port of the other server
 * @param host   host and port by which the client knows the API server; null when it does not tell
 */
record ProxyLinks(String prefix, String server, String host) {
    /** Scheme, authority, path, and the rest (RFC 3986, appendix B). */
    private static final Pattern URL = Pattern.compile("(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(.*)", Pattern.DOTALL);

    /** The URL as the client has to ask for it; unchanged when it is relative or leads elsewhere. */
    String through(String url) {
        Matcher parts = URL.matcher(url);
        if (!parts.matches()) {
            return url;
        }
        String authority = parts.group(2) == null ? "" : parts.group(2);
        String path = parts.group(3);
        boolean opaque = parts.group(1) != null && authority.isEmpty();
        if (opaque || !path.startsWith("/") || !authority.isEmpty() && !authority.equals(server) && !authority.equals(host)) {
            return url;
        }
        String before = authority.equals(host) ? (parts.group(1) == null ? "" : parts.group(1) + ":") + "//" + authority : "";
        boolean inside = path.equals(prefix) || path.startsWith(prefix + "/");
        return before + (inside ? path : prefix + path) + parts.group(4);
    }
}
