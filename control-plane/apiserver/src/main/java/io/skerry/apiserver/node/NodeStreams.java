package io.skerry.apiserver.node;

import java.util.List;

/**
 * How the API server reaches the streams of one node's pods, and its figures. Implemented by the node; the caller has authorised the request and found
 * the pod and container. Every method throws {@link NodeStreamException} for what a client should be told.
 */
public interface NodeStreams {

    /** Writes a container's log to the sink and returns at its end; with {@code follow} when the container has ended or the sink is closed. */
    void logs(String namespace, String pod, String container, LogOptions options, LogSink out) throws NodeStreamException;

    StreamSession exec(ExecOptions options, StreamListener listener) throws NodeStreamException;

    /** Attaches to a running container; {@code options.command()} is empty. */
    StreamSession attach(ExecOptions options, StreamListener listener) throws NodeStreamException;

    /** One connection to a port in the pod's network namespace: stdin is what the client sends, stdout what the port answers. */
    StreamSession portForward(String namespace, String pod, int port, StreamListener listener) throws NodeStreamException;

    /** What the node and its containers use now; takes a second when nobody has asked lately. */
    NodeUsage usage() throws NodeStreamException;

    /**
     * Answers a GET of one of the node's own HTTP endpoints, such as {@code /stats/summary} (kubelet's server).
     *
     * @param path decoded, starting with a slash
     * @throws NodeStreamException with code 404 for a path that it does not have
     */
    default NodeDocument document(String path) throws NodeStreamException {
        throw new NodeStreamException(404, "404 page not found");
    }

    record ExecOptions(String namespace, String pod, String container, List<String> command, boolean stdin, boolean stdout, boolean stderr, boolean tty) {
    }
}
