package io.skerry.network.proxy;

import io.skerry.network.NetworkConfig;
import io.skerry.network.proxy.ServicePort.Target;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the nftables table has to hold for services and host ports: the parts that come and go with them.
 *
 * @param sets a declaration for each set of clients with affinity
 * @param chains the rules of each chain
 * @param comments what each chain is for
 * @param elements for each of the table's fixed sets and maps: key to verdict, or to "" in a set
 */
record Ruleset(Map<String, String> sets, Map<String, List<String>> chains, Map<String, String> comments, Map<String, Map<String, String>> elements) {

    /** The mark that asks for masquerading; kube-proxy's, so that other tools know it. */
    static final String MASQUERADE_MARK = "0x4000";

    static final String EMPTY_SET = "";

    static Ruleset empty() {
        return new Ruleset(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    static Ruleset of(List<ServicePort> ports, List<HostPort> hostPorts, NetworkConfig config) {
        Ruleset rules = empty();
        for (ServicePort port : ports) {
            // The DNS server has its ClusterIP as an own address; rules must not get between.
            List<String> clusterIps = port.clusterIps().stream().filter(ip -> !ip.equals(config.dnsIp())).toList();
            rules.add(port, clusterIps, config);
        }
        hostPorts.forEach(rules::add);
        return rules;
    }

    private void add(HostPort port) {
        String chain = "host-" + hash(port.name() + "/" + port.protocol() + "/" + port.address() + "/" + port.port());
        chain(chain, port.name() + " on the node", List.of("ip saddr 127.0.0.0/8 meta mark set meta mark or " + MASQUERADE_MARK,
            "meta l4proto " + port.protocol() + " dnat ip to " + port.target()));
        element("hairpin", port.target().address() + " . " + port.target().address(), EMPTY_SET);
        String key = port.protocol() + " . " + port.port();
        if (port.address().isEmpty()) {
            element("host-ports", key, "goto " + chain);
        } else {
            element("host-address-ports", port.address() + " . " + key, "goto " + chain);
        }
    }

    private void add(ServicePort port, List<String> clusterIps, NetworkConfig config) {
        String id = hash(port.name() + "/" + port.protocol());
        String key = " . " + port.protocol() + " . " + port.port();
        for (String ip : clusterIps) {
            element("cluster-ips", ip, EMPTY_SET);
        }
        if (!clusterIps.isEmpty() && !port.internal().isEmpty()) {
            String balance = balance("int-" + id, port, port.internal(), port.name() + " inside");
            // A pod's address is known to every endpoint's node; another client's answer would go past this node's translation.
            chain("svc-" + id, port.name(), List.of("ip saddr != " + config.clusterCidr() + " meta mark set meta mark or " + MASQUERADE_MARK, "goto " + balance));
        }
        for (String ip : clusterIps) {
            verdict(ip + key, port.internal().isEmpty() ? null : "goto svc-" + id, "goto refuse");
        }
        if (port.externalIps().isEmpty() && port.nodePort() == 0) {
            return;
        }
        String entry = external(id, port, config);
        String otherwise = port.cluster().isEmpty() ? "goto refuse" : port.externalLocal() && port.local().isEmpty() ? "drop" : null;
        for (String ip : port.externalIps()) {
            verdict(ip + key, entry, otherwise);
        }
        if (port.nodePort() != 0) {
            String nodeKey = port.protocol() + " . " + port.nodePort();
            if (entry != null) {
                element("node-ports", nodeKey, entry);
            }
            if (otherwise != null) {
                element("blocked-node-ports", nodeKey, otherwise);
            }
        }
    }

    /** @return the verdict for traffic to the port's external addresses, or null when nothing can serve it */
    private String external(String id, ServicePort port, NetworkConfig config) {
        if (port.cluster().isEmpty()) {
            return null;
        }
        String balance = balance("ext-" + id, port, port.cluster(), port.name() + " outside");
        var rules = new ArrayList<String>();
        if (port.externalLocal()) {
            // Pods and this node itself get the whole service, as if they had used its ClusterIP.
            rules.add("ip saddr " + config.clusterCidr() + " goto " + balance);
            rules.add("fib saddr type local meta mark set meta mark or " + MASQUERADE_MARK + " goto " + balance);
            if (!port.local().isEmpty()) {
                rules.add("goto " + balance("loc-" + id, port, port.local(), port.name() + " outside, local"));
            }
        } else {
            rules.add("meta mark set meta mark or " + MASQUERADE_MARK);
            rules.add("goto " + balance);
        }
        chain("in-" + id, port.name() + " external", rules);
        return "goto in-" + id;
    }

    /** A chain that sends each connection to one of the targets. */
    private String balance(String chain, ServicePort port, List<Target> targets, String comment) {
        for (Target target : targets) {
            element("hairpin", target.address() + " . " + target.address(), EMPTY_SET);
        }
        if (port.affinitySeconds() == 0) {
            chain(chain, comment, List.of("meta l4proto " + port.protocol() + " dnat ip to " + (targets.size() == 1 ? targets.getFirst()
                : "numgen random mod " + targets.size() + " map { " + choices(targets.stream().map(t -> t.address() + " . " + t.port()).toList()) + " }")));
            return chain;
        }
        var rules = new ArrayList<String>();
        var verdicts = new ArrayList<String>();
        for (Target target : targets) {
            String id = hash(chain + " " + target);
            String clients = "clients-" + id + "-" + port.affinitySeconds();
            sets.put(clients, "{ type ipv4_addr; flags dynamic,timeout; timeout " + port.affinitySeconds() + "s; }");
            chain("ep-" + id, port.name() + " to " + target, List.of("update @" + clients + " { ip saddr }", "meta l4proto " + port.protocol() + " dnat ip to " + target));
            rules.add("ip saddr @" + clients + " goto ep-" + id);
            verdicts.add("goto ep-" + id);
        }
        rules.add("numgen random mod " + targets.size() + " vmap { " + choices(verdicts) + " }");
        chain(chain, comment, rules);
        return chain;
    }

    private static String choices(List<String> values) {
        var text = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            text.append(i == 0 ? "" : ", ").append(i).append(" : ").append(values.get(i));
        }
        return text.toString();
    }

    private void verdict(String key, String served, String otherwise) {
        if (served != null) {
            element("services", key, served);
        }
        if (otherwise != null && (served == null || otherwise.equals("drop"))) {
            element("blocked", key, otherwise);
        }
    }

    private void chain(String name, String comment, List<String> rules) {
        chains.put(name, rules);
        comments.put(name, comment);
    }

    private void element(String set, String key, String verdict) {
        elements.computeIfAbsent(set, name -> new TreeMap<>()).putIfAbsent(key, verdict);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
