package io.skerry.image.bundle;

/** A bundle that is not taken; the message says why, in one line. */
public final class BundleException extends Exception {
    public BundleException(String message) {
        super(message);
    }
}
