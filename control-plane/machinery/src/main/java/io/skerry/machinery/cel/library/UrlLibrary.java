package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.library.Functions.Argument;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** URLs: {@code url}, {@code isURL} and their parts (k8s.io/apiserver/pkg/cel/library, urls.go). Absolute URLs and absolute paths only. */
final class UrlLibrary {
    private static final CelType TYPE = OpaqueType.create("kubernetes.URL");
    private static final Argument URL = new Argument(TYPE, URI.class);

    private UrlLibrary() {
    }

    static void declare(Functions functions) {
        functions.global("url", "string_to_url", TYPE, a -> parse((String) a[0]), STRING);
        functions.global("isURL", "is_url_string", SimpleType.BOOL, a -> {
            try {
                parse((String) a[0]);
                return true;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }, STRING);
        functions.member("getScheme", "url_get_scheme", SimpleType.STRING, a -> text(((URI) a[0]).getScheme()), URL);
        functions.member("getHost", "url_get_host", SimpleType.STRING, a -> {
            URI url = (URI) a[0];
            return text(url.getHost()) + (url.getPort() < 0 ? "" : ":" + url.getPort());
        }, URL);
        functions.member("getHostname", "url_get_hostname", SimpleType.STRING, a -> text(((URI) a[0]).getHost()).replaceAll("^\\[|\\]$", ""), URL);
        functions.member("getPort", "url_get_port", SimpleType.STRING, a -> ((URI) a[0]).getPort() < 0 ? "" : Integer.toString(((URI) a[0]).getPort()), URL);
        functions.member("getEscapedPath", "url_get_escaped_path", SimpleType.STRING, a -> text(((URI) a[0]).getRawPath()), URL);
        functions.member("getQuery", "url_get_query", MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING)), a -> query((URI) a[0]), URL);
    }

    private static String text(String part) {
        return part == null ? "" : part;
    }

    private static URI parse(String text) {
        try {
            // Go takes spaces and others in paths that java.net.URI does not; they are escaped as Go shows them
            URI url = new URI(text.replace(" ", "%20"));
            if (url.isAbsolute() && !url.isOpaque() || text.startsWith("/")) {
                return url;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("URL parse error during conversion from string: " + e.getMessage());
        }
        throw new IllegalArgumentException("URL parse error during conversion from string: parse \"" + text + "\": invalid URI for request");
    }

    private static Map<String, List<String>> query(URI url) {
        Map<String, List<String>> all = new LinkedHashMap<>();
        for (String pair : text(url.getRawQuery()).split("&")) {
            if (!pair.isEmpty()) {
                String[] parts = pair.split("=", 2);
                all.computeIfAbsent(decode(parts[0]), k -> new ArrayList<>()).add(parts.length > 1 ? decode(parts[1]) : "");
            }
        }
        return all;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
