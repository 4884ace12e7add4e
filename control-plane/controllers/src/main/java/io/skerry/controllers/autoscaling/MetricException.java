package io.skerry.controllers.autoscaling;

/** A metric that says nothing now; the message is one that an autoscaler's condition and events carry. */
final class MetricException extends Exception {
    MetricException(String message) {
        super(message, null, false, false);
    }
}
