package io.skerry.apiserver;

/**
 * One request as a transport received it.
 *
 * @param method  HTTP method in upper case
 * @param path    path without query, still percent-encoded, starting with a slash
 * @param query   raw query string without the question mark, or null
 * @param body    whole body, empty when there is none; not modified by the server
 * @param user    who asks, already authenticated
 * @param remote  the sender's IP address; "" within the process
 */
public record ApiRequest(String method, String path, String query, Headers headers, byte[] body, User user, String remote) {

    public static final byte[] NO_BODY = {};

    public ApiRequest {
        if (body == null) {
            body = NO_BODY;
        }
    }

    public ApiRequest(String method, String path, String query, Headers headers, byte[] body, User user) {
        this(method, path, query, headers, body, user, "");
    }

    /** The same, asked by another. */
    public ApiRequest as(User other) {
        return new ApiRequest(method, path, query, headers, body, other, remote);
    }

    /** Value of a header, or null when the client did not send it. */
    public String header(String name) {
        return headers.get(name);
    }
}
