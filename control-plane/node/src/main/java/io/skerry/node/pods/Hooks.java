package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.skerry.node.probes.Prober;
import java.time.Duration;

/** Container lifecycle hooks: exec, httpGet, tcpSocket and sleep. */
final class Hooks {
    private Hooks() {
    }

    /** Returns null, or how it failed. */
    static String run(LifecycleHandler hook, Prober prober, Container container, String containerId, String podIp, Duration limit) {
        if (hook.getSleep() != null) {
            try {
                Thread.sleep(Math.min(hook.getSleep().getSeconds() * 1000, limit.toMillis()));
                return null;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "interrupted";
            }
        }
        return prober.once(new Prober.Action(hook.getExec(), hook.getHttpGet(), hook.getTcpSocket(), null), container, containerId, podIp, limit);
    }
}
