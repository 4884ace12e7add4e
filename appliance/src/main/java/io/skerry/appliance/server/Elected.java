package io.skerry.appliance.server;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.LeaderElection;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import java.util.function.Consumer;

/** Runs what only one server of a cluster may do: at once when there is only one, else on the elected one. */
final class Elected {
    /** Starts a part; what has to be closed at its end is given to {@code keep} before it is started. */
    interface Part {
        void start(Informers informers, Consumer<AutoCloseable> keep) throws IOException;
    }

    private final boolean several;
    private final KubernetesClient client;
    private final Informers informers;
    private final String identity;
    private final Consumer<AutoCloseable> keep;

    /** @param several whether other servers may be on the same datastore */
    Elected(boolean several, KubernetesClient client, Informers informers, String nodeName, Consumer<AutoCloseable> keep) {
        this.several = several;
        this.client = client;
        this.informers = informers;
        this.identity = nodeName + "_" + UUID.randomUUID();
        this.keep = keep;
    }

    /** @param lease name of the Lease that is fought for */
    void run(String lease, Part part) throws IOException {
        if (!several) {
            part.start(informers, keep);
            return;
        }
        keep.accept(new LeaderElection(client, lease, identity, LeaderElection.Times.UPSTREAM, () -> {
            Deque<AutoCloseable> started = new ArrayDeque<>();
            AutoCloseable term = () -> {
                while (!started.isEmpty()) {
                    started.pop().close();
                }
            };
            try {
                // Caches of its own: handlers that a former term subscribed must not see what comes after it.
                Informers own = new Informers(client);
                started.push(own);
                part.start(own, started::push);
            } catch (Exception e) {
                term.close();
                throw e;
            }
            return term;
        }));
    }
}
