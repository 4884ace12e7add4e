package io.skerry.node.pods;

/** A container, or its pod's sandbox, can't be configured until somebody changes something; a container's waiting reason is then CreateContainerConfigError. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) { super(message); }
}
