package io.skerry.apiserver.http;

import java.time.Duration;

/**
 * What clients may take of a frontend's memory and time.
 *
 * @param bodyBytes largest request body in bytes; a longer one is answered with 413
 * @param allBodiesBytes bytes that all request bodies in flight may hold together; one that does not fit is answered with 429
 * @param bodyIdle longest pause within a request's body; then 408
 * @param bodyTime longest time for a whole request body; then 408
 * @param connections most connections at a time of clients that have authenticated, and as many from this machine; see {@link Connections}
 * @param strangers most connections at a time from elsewhere that have not; for one more the oldest is closed
 * @param strangersOfOneAddress most of those from one IP address; one more is closed at once
 * @param connectionIdle how long a connection stays open on which no request is in flight; a watch, log or exec is one
 * @param tlsHandshake longest time for a TLS handshake, and for HTTP/2's preface after it; then the connection is closed
 */
public record HttpLimits(int bodyBytes, long allBodiesBytes, Duration bodyIdle, Duration bodyTime, int connections, int strangers, int strangersOfOneAddress,
        Duration connectionIdle, Duration tlsHandshake) {

    /** The largest body, the time for a request and for an idle connection are kube-apiserver's; the sums fit a small device's heap. */
    public static final HttpLimits DEFAULT = new HttpLimits(3 * 1024 * 1024, 16 * 1024 * 1024, Duration.ofSeconds(30), Duration.ofSeconds(60), 1000, 250, 50,
            Duration.ofSeconds(90), Duration.ofSeconds(10));
}
