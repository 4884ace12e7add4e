package io.skerry.apiserver.proxy;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.User;
import io.skerry.apiserver.status.ApiException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What of a request's headers another server is told, and who asks (k8s.io/apiserver, authentication/request/headerrequest). */
public final class RemoteHeaders {
    /** Of one connection (RFC 9110, section 7.6.1), set by the client itself, or this server's own business. */
    private static final Set<String> DROPPED = Set.of("connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
            "content-length", "host", "authorization", "http2-settings", "expect", "accept-encoding");
    private static final List<String> RESERVED = List.of("x-remote-", "impersonate-", ":");
    private static final Pattern EXACT = Pattern.compile("[!-+\\--~]([ -+\\--~]*[!-+\\--~])?");
    private static final String FORWARDED = "x-forwarded-";
    private static final String FORWARDED_FOR = "X-Forwarded-For";
    private static final String FORWARDED_URI = "X-Forwarded-Uri";

    private RemoteHeaders() {
    }

    /** Nobody but this server says who a user is: what a client sends in these headers is dropped. */
    public static List<Map.Entry<String, String>> of(ApiRequest request) {
        List<Map.Entry<String, String>> headers = ofClient(request);
        headers.addAll(of(request.user()));
        return headers;
    }

    private static List<Map.Entry<String, String>> ofClient(ApiRequest request) {
        List<Map.Entry<String, String>> headers = kept(request);
        headers.removeIf(header -> header.getKey().toLowerCase(Locale.ROOT).startsWith(FORWARDED));
        if (!request.remote().isEmpty()) {
            headers.add(Map.entry(FORWARDED_FOR, request.remote()));
        }
        return headers;
    }

    /**
     * For another API server of this cluster, which lets this one act as anyone: the request as its user's.
     *
     * @throws ApiException for a user that these headers cannot name exactly: they would name another
     */
    static List<Map.Entry<String, String>> impersonating(ApiRequest request) {
        List<Map.Entry<String, String>> headers = ofClient(request);
        User user = request.user();
        headers.add(Map.entry("Impersonate-User", exact(user.name())));
        if (!user.uid().isEmpty()) {
            headers.add(Map.entry("Impersonate-Uid", exact(user.uid())));
        }
        user.groups().forEach(group -> headers.add(Map.entry("Impersonate-Group", exact(group))));
        user.extra().forEach((key, values) -> values.forEach(value -> headers.add(Map.entry("Impersonate-Extra-" + encoded(key), exact(value)))));
        return headers;
    }

    /** A comma would be read as the end of one group and the beginning of another. */
    private static String exact(String value) {
        if (!EXACT.matcher(value).matches()) {
            throw ApiException.serviceUnavailable("the request cannot be passed on to the server that runs the node: no header can hold '" + value
                    + "', which is a name or group of its user");
        }
        return value;
    }

    private static String encoded(String key) {
        return URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * For a server that does not know this one and is not told who asks: that of a pod, service or node (k8s.io/apimachinery, util/proxy, Transport).
     *
     * @param uri the path that the client asked for, percent-encoded
     */
    static List<Map.Entry<String, String>> forwarded(ApiRequest request, String uri) {
        List<Map.Entry<String, String>> headers = kept(request);
        String before = request.header(FORWARDED_FOR);
        headers.removeIf(header -> header.getKey().equalsIgnoreCase(FORWARDED_FOR) || header.getKey().equalsIgnoreCase(FORWARDED_URI));
        if (!request.remote().isEmpty()) {
            headers.add(Map.entry(FORWARDED_FOR, before == null ? request.remote() : before + ", " + request.remote()));
        }
        headers.add(Map.entry(FORWARDED_URI, uri));
        if (host(request) != null) {
            headers.add(Map.entry("Host", host(request)));
        }
        if (request.header("Accept-Encoding") != null) {
            headers.add(Map.entry("Accept-Encoding", request.header("Accept-Encoding")));
        }
        return headers;
    }

    /** Host and port by which the client knows this server; null when it does not tell. */
    static String host(ApiRequest request) {
        String host = request.header("Host");
        return host == null ? request.header(":authority") : host;
    }

    private static List<Map.Entry<String, String>> kept(ApiRequest request) {
        Set<String> connection = listed(request.header("Connection"));
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (Map.Entry<String, String> header : request.headers().all()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!DROPPED.contains(name) && !connection.contains(name) && RESERVED.stream().noneMatch(name::startsWith)) {
                headers.add(header);
            }
        }
        return headers;
    }

    /** The names, in lower case, that a header Connection lists; none for null. */
    static Set<String> listed(String connection) {
        return connection == null ? Set.of() : Arrays.stream(connection.toLowerCase(Locale.ROOT).split(",")).map(String::strip).collect(Collectors.toSet());
    }

    public static List<Map.Entry<String, String>> of(User user) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        headers.add(Map.entry("X-Remote-User", user.name()));
        if (!user.uid().isEmpty()) {
            headers.add(Map.entry("X-Remote-Uid", user.uid()));
        }
        user.groups().forEach(group -> headers.add(Map.entry("X-Remote-Group", group)));
        user.extra().forEach((key, values) -> values.forEach(value -> headers.add(Map.entry("X-Remote-Extra-" + encoded(key), value))));
        return headers;
    }

    /** Content-Type, whatever case it was sent in. */
    static String canonical(String name) {
        StringBuilder canonical = new StringBuilder(name.toLowerCase(Locale.ROOT));
        for (int i = 0; i < canonical.length(); i++) {
            if (i == 0 || canonical.charAt(i - 1) == '-') {
                canonical.setCharAt(i, Character.toUpperCase(canonical.charAt(i)));
            }
        }
        return canonical.toString();
    }

    /** Whether a header of the answer is its connection's alone. */
    static boolean isDropped(String name) {
        return DROPPED.contains(name.toLowerCase(Locale.ROOT)) && !name.equalsIgnoreCase("content-length");
    }
}
