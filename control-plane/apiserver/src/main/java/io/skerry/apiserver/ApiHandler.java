package io.skerry.apiserver;

/**
 * Answers one API request. Called on a virtual thread and blocking: a watch or a followed log returns when it is over.
 * Transports (sockets, in-process) sit in front of it; it knows nothing of connections.
 */
@FunctionalInterface
public interface ApiHandler {
    void handle(ApiRequest request, ApiResponse response);
}
