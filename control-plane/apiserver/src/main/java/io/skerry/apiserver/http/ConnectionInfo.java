package io.skerry.apiserver.http;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Function;

/**
 * What an authenticator may look at.
 *
 * @param peerCertificates the client's certificate and its chain, already verified against the client CA; empty when it sent none
 * @param headers value of a request header by case-insensitive name, or null
 * @param remoteAddress the client's IP address
 */
public record ConnectionInfo(List<X509Certificate> peerCertificates, Function<String, String> headers, String remoteAddress) {}
