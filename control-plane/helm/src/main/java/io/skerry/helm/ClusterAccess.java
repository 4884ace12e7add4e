package io.skerry.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * All that the Helm engine needs of a cluster. Objects are whole Kubernetes objects as JSON trees; {@code namespace} is null or
 * "" for cluster-scoped objects. Calls block and throw unchecked exceptions whose message is fit for a person when the cluster
 * refuses; "not found" is null or a no-op as said at each method.
 */
public interface ClusterAccess {
    /** @return the live object, or null when there is none (or no such kind) */
    JsonNode get(String apiVersion, String kind, String namespace, String name);

    /**
     * Creates the object in its {@code metadata.namespace}.
     * @return the object as created
     * @throws AlreadyExistsException when there is one of that name
     */
    JsonNode create(ObjectNode object);

    /**
     * Sends a JSON merge patch (RFC 7386, {@code application/merge-patch+json}) as it is. The engine works out itself what to change, by
     * Helm's three-way merge, and gives {@code metadata.resourceVersion}, so that nobody else's change is overwritten.
     * @return the object as patched
     * @throws ConflictException when the object has another resourceVersion by now (409); the engine reads it again
     */
    JsonNode patch(String apiVersion, String kind, String namespace, String name, JsonNode mergePatch);

    /** Deletes with background propagation; nothing happens when there is none. */
    void delete(String apiVersion, String kind, String namespace, String name);

    /** @param labelSelector as in the API ("a=b,c in (d)"), "" for all; an unknown kind lists as empty */
    List<JsonNode> list(String apiVersion, String kind, String namespace, String labelSelector);

    /** What {@code .Capabilities.APIVersions} holds: "v1", "apps/v1", and with the kind, "apps/v1/Deployment". */
    Set<String> apiVersions();

    /** The server's version, as {@code v1.33.0}. */
    String kubeVersion();

    /** @return whether objects of this kind live in a namespace; empty when the cluster does not serve the kind (looked up anew: CRDs come and go) */
    Optional<Boolean> namespaced(String apiVersion, String kind);

    /**
     * Waits, by a watch, until the condition holds.
     * @param condition is given the live object, or null while there is none
     * @return whether it held before the time was out
     */
    boolean waitUntil(String apiVersion, String kind, String namespace, String name, Predicate<JsonNode> condition, Duration timeout) throws InterruptedException;

    /** An object of that kind and name is already there. */
    final class AlreadyExistsException extends RuntimeException {
        private static final long serialVersionUID = 1;

        public AlreadyExistsException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The object has changed since it was read. */
    final class ConflictException extends RuntimeException {
        private static final long serialVersionUID = 1;

        public ConflictException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
