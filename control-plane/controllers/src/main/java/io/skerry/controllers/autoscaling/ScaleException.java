package io.skerry.controllers.autoscaling;

/** A target's scale could not be read or written; the message is one that an autoscaler's condition and events carry. */
final class ScaleException extends Exception {
    ScaleException(String message) {
        super(message, null, false, false);
    }
}
