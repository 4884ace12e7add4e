package io.skerry.apiserver.http;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What an authenticator may look at.
 *
 * @param peerCertificates the client's certificate and its chain, already verified against the client CA; empty when it sent none
 * @param headers value of a request header by case-insensitive name, or null
 * @param remoteAddress the client's IP address
 */
public record ConnectionInfo(List<X509Certificate> peerCertificates, Function<String, String> headers, String remoteAddress) {

    /**
     * The kinds of credentials that were given, good or not: basic, bearer, access_token, x509.
     *
     * @param query the request's raw query, or null
     */
    List<String> attempted(String query) {
        List<String> kinds = new ArrayList<>();
        String authorization = headers.apply("Authorization");
        String scheme = authorization == null ? "" : authorization.strip().split(" ", 2)[0].toLowerCase(Locale.ROOT);
        if (scheme.equals("basic") || scheme.equals("bearer")) {
            kinds.add(scheme);
        }
        if (query != null && ("&" + query).matches(".*&access_token=[^&].*")) {
            kinds.add("access_token");
        }
        if (!peerCertificates.isEmpty()) {
            kinds.add("x509");
        }
        return kinds;
    }
}
