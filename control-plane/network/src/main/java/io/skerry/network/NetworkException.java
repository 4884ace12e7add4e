package io.skerry.network;

/** Something of the host's network could not be set up; the message says what, where, and what to do. */
public final class NetworkException extends RuntimeException {

    public NetworkException(String message) {
        super(message);
    }

    public NetworkException(String message, Throwable cause) {
        super(message, cause);
    }
}
