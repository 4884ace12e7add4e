package io.skerry.image.settings;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is right by itself but cannot be together. */
final class Consistency {
    private static final Place INTERFACES = Place.TOP.key("network").key("interfaces");

    private final Settings settings;
    private final Checker checker;

    private Consistency(Settings settings, Checker checker) {
        this.settings = settings;
        this.checker = checker;
    }

    static void check(Settings settings, Checker checker) {
        Consistency consistency = new Consistency(settings, checker);
        settings.fleet().ifPresent(consistency::fleet);
        settings.mqtt().ifPresent(consistency::mqtt);
        settings.network().interfaces().forEach(consistency::networkInterface);
        consistency.users();
        consistency.files();
        consistency.withoutEffect();
    }

    private void withoutEffect() {
        switch (settings.role()) {
            case SERVER -> checker.warning(Place.TOP.key("role"), "other nodes cannot join yet; until they can, 'server' is the same as 'standalone'");
            case AGENT -> checker.warning(Place.TOP.key("role"), "a device cannot join another's cluster yet; until it can, 'agent' is the same as 'standalone'");
            case STANDALONE -> { }
        }
        if (settings.mqtt().isPresent() && settings.fleet().isEmpty() && settings.build().fleet().isEmpty() && !settings.server().containsKey("fleet-repo")) {
            checker.warning(Place.TOP.key("mqtt"), "status is reported by the GitOps agent, which runs only with a fleet repository: from 'fleet', the image ('build.fleet') or a USB stick");
        }
    }

    private void fleet(Settings.Fleet fleet) {
        Place place = Place.TOP.key("fleet");
        boolean ssh = fleet.url().startsWith("ssh:");
        if (ssh && fleet.password().isPresent()) {
            checker.problem(place.key("password"), "is for https, but the URL is ssh://; give an sshKey");
        }
        if (ssh && fleet.knownHosts().isEmpty()) {
            checker.problem(place, "an ssh:// repository needs 'knownHosts', or the device could not tell the Git server from another; 'ssh-keyscan HOST' prints them");
        }
        if (!ssh && fleet.sshKey().isPresent()) {
            checker.problem(place.key("sshKey"), "is for ssh, but the URL is not ssh://");
        }
        if (fleet.username().isPresent() && fleet.password().isEmpty()) {
            checker.problem(place.key("username"), "needs 'password' as well");
        }
    }

    private void mqtt(Settings.Mqtt mqtt) {
        Place place = Place.TOP.key("mqtt");
        if (mqtt.certificate().isPresent() != mqtt.key().isPresent()) {
            checker.problem(place, "'certificate' and 'key' go together");
        }
        if (mqtt.username().isPresent() != mqtt.password().isPresent()) {
            checker.problem(place, "'username' and 'password' go together");
        }
        boolean tls = mqtt.url().startsWith("ssl:") || mqtt.url().startsWith("mqtts:");
        if (!tls && (mqtt.ca().isPresent() || mqtt.certificate().isPresent())) {
            checker.problem(place.key("url"), "'" + mqtt.url() + "' is without TLS, but certificates are given; write ssl://");
        }
    }

    private void networkInterface(Settings.Interface each) {
        Place place = INTERFACES.key(each.name());
        if (!each.dhcp() && each.addresses().isEmpty() && settings.network().interfaces().stream().noneMatch(other -> runsOn(other, each))) {
            checker.problem(place, "has neither DHCP nor addresses; remove 'dhcp: false' or give 'addresses'");
        }
        each.gateway().ifPresent(gateway -> {
            if (!each.dhcp() && each.addresses().stream().noneMatch(address -> within(address, gateway))) {
                checker.problem(place.key("gateway"), "'" + gateway + "' is in none of the networks " + String.join(", ", each.addresses()));
            }
        });
        boolean pattern = each.name().contains("*") || each.name().contains("?");
        if (each.wifi().isPresent() && pattern) {
            checker.problem(place, "Wi-Fi needs the interface's whole name, such as wlan0");
        }
        each.vlan().ifPresent(vlan -> {
            if (each.wifi().isPresent()) {
                checker.problem(place, "cannot be both a VLAN and a Wi-Fi interface");
            }
            if (pattern || vlan.link().contains("*") || vlan.link().contains("?")) {
                checker.problem(place.key("vlan"), "a VLAN and its link need whole names, without '*' and '?'");
            }
            if (vlan.link().equals(each.name())) {
                checker.problem(place.key("vlan").key("link"), "cannot be the VLAN itself");
            }
        });
    }

    private static boolean runsOn(Settings.Interface other, Settings.Interface link) {
        return other.vlan().map(Settings.Vlan::link).equals(Optional.of(link.name()));
    }

    private void users() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < settings.users().size(); i++) {
            String name = settings.users().get(i).name();
            Place place = Place.TOP.key("users").item(i).key("name");
            if (name.equals("root")) {
                checker.problem(place, "root's keys stand under ssh.keys");
            } else if (!seen.add(name)) {
                checker.problem(place, "there are two users '" + name + "'");
            }
        }
    }

    private void files() {
        List<Settings.File> files = settings.build().files();
        for (int i = 0; i < files.size(); i++) {
            if (files.get(i).source().isPresent() == files.get(i).content().isPresent()) {
                checker.problem(Place.TOP.key("build").key("files").item(i), "needs either 'source' or 'content'");
            }
        }
    }

    private static boolean within(String prefix, String address) {
        int slash = prefix.indexOf('/');
        byte[] network = InetAddress.ofLiteral(prefix.substring(0, slash)).getAddress();
        byte[] one = InetAddress.ofLiteral(address).getAddress();
        int rest = network.length * 8 - Integer.parseInt(prefix.substring(slash + 1));
        // A router may be reached by its link-local address, whatever the prefixes are.
        return network.length == one.length && new BigInteger(1, network).shiftRight(rest).equals(new BigInteger(1, one).shiftRight(rest))
                || InetAddress.ofLiteral(address).isLinkLocalAddress();
    }
}
