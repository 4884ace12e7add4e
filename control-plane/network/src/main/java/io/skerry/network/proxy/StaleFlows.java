package io.skerry.network.proxy;

import io.skerry.network.Commands;
import io.skerry.network.NetworkException;
import io.skerry.network.proxy.ServicePort.Target;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the kernel forget UDP flows to endpoints that are gone. A TCP client notices and connects anew; a UDP client
 * that keeps sending keeps its flow, and its translation, for ever.
 */
final class StaleFlows {

    private static final System.Logger LOG = System.getLogger(StaleFlows.class.getName());

    private final Commands commands;
    private boolean told;

    StaleFlows(Commands commands) {
        this.commands = commands;
    }

    void forget(List<ServicePort> before, List<ServicePort> after) {
        Map<String, ServicePort> now = new HashMap<>();
        for (ServicePort port : after) {
            if (port.protocol().equals("udp")) {
                now.put(port.name(), port);
            }
        }
        for (ServicePort port : before) {
            if (port.protocol().equals("udp")) {
                forget(port, now.remove(port.name()));
            }
        }
        // A flow from before a service existed, or had endpoints, is not translated and would stay so.
        now.values().forEach(port -> addresses(port).forEach(address -> delete(address.words(), null)));
    }

    private void forget(ServicePort before, ServicePort after) {
        Set<Target> gone = new HashSet<>(before.cluster());
        if (after != null) {
            after.cluster().forEach(gone::remove);
            if (before.cluster().isEmpty() && !after.cluster().isEmpty()) {
                addresses(after).forEach(address -> delete(address.words(), null));
            }
        }
        for (Target target : gone) {
            addresses(before).forEach(address -> delete(address.words(), target));
        }
    }

    /** Conntrack's words for one address of a service. */
    private record Address(String ip, int port) {

        List<String> words() {
            var words = new ArrayList<>(List.of("conntrack", "-D", "-p", "udp", "--dport", String.valueOf(port)));
            if (ip != null) {
                words.addAll(List.of("--orig-dst", ip));
            }
            return words;
        }
    }

    private static List<Address> addresses(ServicePort port) {
        var all = new ArrayList<Address>();
        port.clusterIps().forEach(ip -> all.add(new Address(ip, port.port())));
        port.externalIps().forEach(ip -> all.add(new Address(ip, port.port())));
        if (port.nodePort() != 0) {
            all.add(new Address(null, port.nodePort()));
        }
        return all;
    }

    private void delete(List<String> words, Target target) {
        if (target != null) {
            words.addAll(List.of("--reply-src", target.address()));
        }
        try {
            var result = commands.attempt("", words.toArray(String[]::new));
            // It ends with 1 when there is no such flow.
            if (result.exit() != 0 && !result.error().contains("0 flow entries")) {
                throw new NetworkException(result.error().strip());
            }
        } catch (NetworkException e) {
            if (!told) {
                told = true;
                LOG.log(Level.WARNING, "UDP flows to endpoints that are gone cannot be ended ({0}); the package is conntrack", e.getMessage());
            }
        }
    }
}
