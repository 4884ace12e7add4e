package io.skerry.network.proxy;

import io.skerry.network.NetworkConfig;
import java.util.List;
import java.util.Map;

/**
 * Writes nft(8) input: the whole table, or the difference between two rulesets. One script is one transaction. It is
 * made of single commands, since nft 1.0.6 is particular about line ends in nested blocks.
 */
final class NftScript {

    private final String table;
    private final StringBuilder text = new StringBuilder();

    private NftScript(String table) {
        this.table = table;
    }

    /** Replaces whatever the table was. */
    static String whole(Ruleset rules, NetworkConfig config) {
        var script = new NftScript(config.proxyTable());
        script.text.append(remove(config)).append("add table ip ").append(config.proxyTable()).append('\n');
        script.frame(config);
        script.change(Ruleset.empty(), rules);
        return script.text.toString();
    }

    /** @return the empty string when there is nothing to do */
    static String difference(Ruleset before, Ruleset after, NetworkConfig config) {
        var script = new NftScript(config.proxyTable());
        script.change(before, after);
        return script.text.toString();
    }

    static String remove(NetworkConfig config) {
        return "add table ip " + config.proxyTable() + "\ndelete table ip " + config.proxyTable() + "\n"; // nft 1.0.6 has no "destroy"
    }

    /** What does not depend on services. */
    private void frame(NetworkConfig config) {
        command("add set", "cluster-ips", "{ type ipv4_addr; }");
        command("add set", "hairpin", "{ type ipv4_addr . ipv4_addr; }");
        command("add map", "services", "{ type ipv4_addr . inet_proto . inet_service : verdict; }");
        command("add map", "node-ports", "{ type inet_proto . inet_service : verdict; }");
        command("add map", "host-address-ports", "{ type ipv4_addr . inet_proto . inet_service : verdict; }");
        command("add map", "host-ports", "{ type inet_proto . inet_service : verdict; }");
        command("add map", "blocked", "{ type ipv4_addr . inet_proto . inet_service : verdict; }");
        command("add map", "blocked-node-ports", "{ type inet_proto . inet_service : verdict; }");

        command("add chain", "dispatch", "");
        rule("dispatch", "ip daddr . meta l4proto . th dport vmap @services");
        rule("dispatch", "ip daddr " + config.dnsIp() + " return"); // an address of this node, but nobody else's ports
        rule("dispatch", "fib daddr type local meta l4proto . th dport vmap @node-ports");
        rule("dispatch", "ip daddr . meta l4proto . th dport vmap @host-address-ports");
        rule("dispatch", "fib daddr type local meta l4proto . th dport vmap @host-ports");
        base("nat-prerouting", "nat hook prerouting priority dstnat", "jump dispatch");
        base("nat-output", "nat hook output priority -100", "jump dispatch");
        base("nat-postrouting", "nat hook postrouting priority srcnat",
            "meta mark and " + Ruleset.MASQUERADE_MARK + " == " + Ruleset.MASQUERADE_MARK + " meta mark set meta mark and 0xffffbfff masquerade fully-random",
            "ct status dnat ip saddr . ip daddr @hairpin masquerade fully-random",
            "ip saddr " + config.clusterCidr() + " ip daddr != { " + config.clusterCidr() + ", " + config.serviceCidr() + ", 224.0.0.0/4 } masquerade fully-random");

        command("add chain", "refuse", "");
        rule("refuse", "meta l4proto tcp reject with tcp reset"); // ICMP is limited to about one a second
        rule("refuse", "reject");
        // These see packets after translation: what still has a service's address has no endpoint to go to.
        command("add chain", "refuse-services", "");
        rule("refuse-services", "ip daddr . meta l4proto . th dport vmap @blocked");
        rule("refuse-services", "ip daddr " + config.dnsIp() + " return");
        rule("refuse-services", "ip daddr @cluster-ips goto refuse");
        rule("refuse-services", "ip daddr " + config.serviceCidr() + " drop");
        base("filter-forward", "filter hook forward priority filter - 10", "ct state new jump refuse-services");
        base("filter-output", "filter hook output priority filter - 10", "ct state new jump refuse-services",
            "ct state new fib daddr type local meta l4proto . th dport vmap @blocked-node-ports");
        base("filter-input", "filter hook input priority filter - 10", "ct state new fib daddr type local meta l4proto . th dport vmap @blocked-node-ports");
        // route_localnet on the bridge, which lets 127.0.0.1:nodePort work, must not let pods reach the host's loopback (CVE-2020-8558).
        base("guard-loopback", "filter hook prerouting priority raw", "iif != lo ip daddr 127.0.0.0/8 drop");
    }

    private void change(Ruleset before, Ruleset after) {
        // Elements that a verdict needs come before it, what it needed goes after it.
        after.sets().forEach((name, declaration) -> {
            if (!before.sets().containsKey(name)) {
                command("add set", name, declaration);
            }
        });
        after.chains().keySet().forEach(name -> {
            if (!before.chains().containsKey(name)) {
                command("add chain", name, "{ comment \"" + comment(after.comments().get(name)) + "\"; }");
            }
        });
        before.elements().forEach((set, elements) -> {
            Map<String, String> kept = after.elements().getOrDefault(set, Map.of());
            elements.forEach((key, verdict) -> {
                if (!verdict.equals(kept.get(key))) {
                    command("delete element", set, "{ " + key + " }");
                }
            });
        });
        before.chains().forEach((name, rules) -> {
            if (!rules.equals(after.chains().get(name))) {
                command("flush chain", name, "");
            }
        });
        after.chains().forEach((name, rules) -> {
            if (!rules.equals(before.chains().get(name))) {
                rules.forEach(rule -> rule(name, rule));
            }
        });
        after.elements().forEach((set, elements) -> {
            Map<String, String> had = before.elements().getOrDefault(set, Map.of());
            elements.forEach((key, verdict) -> {
                if (!verdict.equals(had.get(key))) {
                    command("add element", set, "{ " + key + (verdict.equals(Ruleset.EMPTY_SET) ? "" : " : " + verdict) + " }");
                }
            });
        });
        before.chains().keySet().forEach(name -> {
            if (!after.chains().containsKey(name)) {
                command("delete chain", name, "");
            }
        });
        before.sets().keySet().forEach(name -> {
            if (!after.sets().containsKey(name)) {
                command("delete set", name, "");
            }
        });
    }

    private void base(String chain, String hook, String... rules) {
        command("add chain", chain, "{ type " + hook + "; }");
        for (String rule : List.of(rules)) {
            rule(chain, rule);
        }
    }

    private void rule(String chain, String rule) {
        command("add rule", chain, rule);
    }

    private void command(String verb, String name, String rest) {
        text.append(verb).append(" ip ").append(table).append(' ').append(name);
        if (!rest.isEmpty()) {
            text.append(' ').append(rest);
        }
        text.append('\n');
    }

    private static String comment(String text) {
        String plain = text.replace('"', '\'');
        return plain.length() <= 120 ? plain : plain.substring(0, 120); // the kernel takes 128 bytes
    }
}
