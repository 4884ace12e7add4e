package io.skerry.node.pods;

/** A container can't be configured until somebody changes something: its waiting reason is CreateContainerConfigError. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) { super(message); }
}
