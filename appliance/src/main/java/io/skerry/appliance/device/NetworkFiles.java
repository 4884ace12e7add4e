package io.skerry.appliance.device;

import io.skerry.image.settings.Settings;
import java.util.ArrayList;
import java.util.List;

/** The settings of the network as systemd-networkd's (systemd.network(5), systemd.netdev(5)) and wpa_supplicant's (wpa_supplicant.conf(5)) files. */
final class NetworkFiles {
    private static final String FOLDER = "/etc/systemd/network/";

    private NetworkFiles() {}

    static List<SystemFile> of(Settings.Network network) {
        List<SystemFile> files = new ArrayList<>();
        int number = 10;
        for (Settings.Interface each : network.interfaces()) {
            // In the file's order, so that a name before a pattern wins; '*' may not be in a file's name.
            String name = "%d-%s".formatted(number++, each.name().replaceAll("[*?]", "_"));
            files.add(SystemFile.of(FOLDER + name + ".network", network(each, network.interfaces())));
            each.vlan().ifPresent(vlan -> files.add(SystemFile.open(FOLDER + name + ".netdev", "[NetDev]", "Name=" + each.name(), "Kind=vlan", "", "[VLAN]", "Id=" + vlan.id())));
            each.wifi().ifPresent(wifi -> files.add(SystemFile.secret("/etc/wpa_supplicant/wpa_supplicant-" + each.name() + ".conf", supplicant(wifi))));
        }
        links(network).forEach(link -> files.add(SystemFile.of(FOLDER + "80-" + link + ".network", vlanLink(link, network.interfaces()))));
        return files;
    }

    private static List<String> network(Settings.Interface each, List<Settings.Interface> all) {
        List<String> lines = new ArrayList<>(List.of("[Match]", "Name=" + each.name()));
        each.mtu().ifPresent(mtu -> lines.addAll(List.of("", "[Link]", "MTUBytes=" + mtu)));
        lines.addAll(List.of("", "[Network]", "DHCP=" + (each.dhcp() ? "yes" : "no")));
        each.addresses().forEach(address -> lines.add("Address=" + address));
        each.gateway().ifPresent(gateway -> lines.add("Gateway=" + gateway));
        each.dns().forEach(server -> lines.add("DNS=" + server));
        if (!each.search().isEmpty()) {
            lines.add("Domains=" + String.join(" ", each.search()));
        }
        vlansOn(each.name(), all).forEach(vlan -> lines.add("VLAN=" + vlan));
        each.routes().forEach(route -> lines.addAll(List.of("", "[Route]", "Destination=" + route.to(), "Gateway=" + route.via())));
        if (each.dhcp()) {
            lines.addAll(List.of("", "[DHCPv4]", "UseHostname=no"));
            if (each.wifi().isPresent()) {
                // When both are there, packets take the wire.
                lines.add("RouteMetric=2048");
            }
        }
        return lines;
    }

    /** Interfaces that carry VLANs and are named nowhere else: they keep to DHCP, as if not named at all. */
    private static List<String> links(Settings.Network network) {
        return network.interfaces().stream().flatMap(each -> each.vlan().stream()).map(Settings.Vlan::link).distinct()
                .filter(link -> network.interfaces().stream().noneMatch(each -> each.name().equals(link))).toList();
    }

    private static List<String> vlanLink(String link, List<Settings.Interface> all) {
        List<String> lines = new ArrayList<>(List.of("[Match]", "Name=" + link, "", "[Network]", "DHCP=yes"));
        vlansOn(link, all).forEach(vlan -> lines.add("VLAN=" + vlan));
        lines.addAll(List.of("", "[DHCPv4]", "UseHostname=no"));
        return lines;
    }

    private static List<String> vlansOn(String link, List<Settings.Interface> all) {
        return all.stream().filter(each -> each.vlan().filter(vlan -> vlan.link().equals(link)).isPresent()).map(Settings.Interface::name).toList();
    }

    private static String supplicant(Settings.Wifi wifi) {
        List<String> lines = new ArrayList<>(List.of("country=" + wifi.country(), "network={",
                // As hexadecimal digits a name may hold any byte.
                "    ssid=" + hex(wifi.ssid())));
        if (wifi.hidden()) {
            lines.add("    scan_ssid=1");
        }
        if (wifi.password().isPresent()) {
            String password = wifi.password().get();
            boolean key = password.length() == 64;
            lines.add("    key_mgmt=WPA-PSK WPA-PSK-SHA256" + (key ? "" : " SAE"));
            lines.add("    psk=" + (key ? password : "\"" + password + "\""));
            // WPA3 asks for protected management frames, WPA2 takes them.
            lines.add("    ieee80211w=1");
        } else {
            lines.add("    key_mgmt=NONE");
        }
        lines.add("}");
        return String.join("\n", lines);
    }

    private static String hex(String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        StringBuilder hex = new StringBuilder(bytes.length * 2);
        for (byte each : bytes) {
            hex.append("%02x".formatted(each));
        }
        return hex.toString();
    }
}
