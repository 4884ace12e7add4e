package io.skerry.apiserver.aggregation;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.User;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What of a request's headers another server is told, and who asks (k8s.io/apiserver, authentication/request/headerrequest). */
final class RemoteHeaders {
    /** Of one connection (RFC 9110, section 7.6.1), set by the client itself, or this server's own business. */
    private static final Set<String> DROPPED = Set.of("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
            "content-length", "host", "authorization", "http2-settings", "expect", "accept-encoding");
    private static final List<String> RESERVED = List.of("x-remote-", "impersonate-", "x-forwarded-", ":");

    private RemoteHeaders() {
    }

    /** Nobody but this server says who a user is: what a client sends in these headers is dropped. */
    static List<Map.Entry<String, String>> of(ApiRequest request) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (Map.Entry<String, String> header : request.headers().all()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!DROPPED.contains(name) && RESERVED.stream().noneMatch(name::startsWith)) {
                headers.add(header);
            }
        }
        if (!request.remote().isEmpty()) {
            headers.add(Map.entry("X-Forwarded-For", request.remote()));
        }
        headers.addAll(of(request.user()));
        return headers;
    }

    static List<Map.Entry<String, String>> of(User user) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        headers.add(Map.entry("X-Remote-User", user.name()));
        if (!user.uid().isEmpty()) {
            headers.add(Map.entry("X-Remote-Uid", user.uid()));
        }
        user.groups().forEach(group -> headers.add(Map.entry("X-Remote-Group", group)));
        user.extra().forEach((key, values) -> values.forEach(value -> headers.add(Map.entry("X-Remote-Extra-"
                + URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20"), value))));
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
