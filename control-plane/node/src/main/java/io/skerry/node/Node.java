package io.skerry.node;

import io.skerry.apiserver.node.NodeStreams;
import io.skerry.controllers.runtime.Informers;

/** The kubelet's work on one machine: keeps containerd up, registers the node, runs its pods and serves their streams. */
public final class Node implements AutoCloseable {
    public Node(NodeConfig config, Informers informers) {
    }

    /** Returns when containerd serves, the node is registered and pods are being worked on. */
    public void start() {
        throw new UnsupportedOperationException();
    }

    public NodeStreams streams() {
        throw new UnsupportedOperationException();
    }

    /** Stops working on pods and stops containerd. The pods' containers keep running and the next start adopts them. */
    @Override
    public void close() {
    }
}
