package io.skerry.apiserver.node;

import java.util.Optional;

/** Finds the streams of a node by its name (Pod.spec.nodeName). */
@FunctionalInterface
public interface NodeLocator {
    Optional<NodeStreams> node(String nodeName);
}
