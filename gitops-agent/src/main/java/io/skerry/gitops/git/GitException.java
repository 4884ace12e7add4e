package io.skerry.gitops.git;

/** The fleet repository can't be fetched or read; the message says what to do about it. */
public final class GitException extends Exception {

    public GitException(String message, Throwable cause) {
        super(message, cause);
    }
}
