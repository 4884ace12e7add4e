package io.skerry.apiserver.node;

/** A request to a node's streams that failed in a way the client should be told. */
public final class NodeStreamException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int code;

    /**
     * @param code    HTTP status, e.g. 400 for a container that has not started
     * @param message as kubelet says it, e.g. {@code container "app" in pod "web" is waiting to start: ContainerCreating}
     */
    public NodeStreamException(int code, String message) {
        super(message);
        this.code = code;
    }

    public int code() {
        return code;
    }
}
