package io.skerry.machinery.protobuf;

/** A body that is not the protobuf form of a Kubernetes object; the message says why. */
public final class ProtobufException extends RuntimeException {
    ProtobufException(String message) {
        super(message);
    }
}
