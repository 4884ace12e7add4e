package io.skerry.apiserver.webhook;

/** A webhook could not be asked, or gave no usable answer; the message says which URL and why. */
public final class WebhookException extends Exception {
    private static final long serialVersionUID = 1L;

    public WebhookException(String message) {
        super(message, null, false, false);
    }
}
