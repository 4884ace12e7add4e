package io.skerry.image.settings;

import static io.skerry.image.settings.Key.of;
import static io.skerry.image.settings.Key.section;

import io.skerry.image.settings.Shape.Choice;
import io.skerry.image.settings.Shape.Flag;
import io.skerry.image.settings.Shape.Items;
import io.skerry.image.settings.Shape.Named;
import io.skerry.image.settings.Shape.Section;
import io.skerry.image.settings.Shape.ServerFlags;
import io.skerry.image.settings.Shape.Text;
import io.skerry.image.settings.Shape.Whole;
import java.util.List;

/** The one table of all settings: the parser, the JSON Schema and the documentation come from it. */
public final class SettingsSchema {
    /** The key that only an {@code image.yaml} may have. */
    static final String BUILD = "build";

    private static final Section INTERFACE = new Section(List.of(
            of("dhcp", new Flag(), "Ask for addresses by DHCP. Default: `true` unless `addresses` are given.", "true"),
            of("addresses", new Items(new Text(Format.CIDR)), "Static addresses.", "[192.0.2.10/24]"),
            of("gateway", new Text(Format.ADDRESS), "Where packets for everywhere else go.", "192.0.2.1"),
            of("dns", new Items(new Text(Format.ADDRESS)), "Name servers.", "[192.0.2.1, 2001:db8::1]"),
            of("search", new Items(new Text(Format.DOMAIN)), "Domains in which short names are looked for.", "[example.org]"),
            of("routes", new Items(new Section(List.of(
                    of("to", new Text(Format.CIDR), "The destination.", "10.8.0.0/16").mandatory(),
                    of("via", new Text(Format.ADDRESS), "The router.", "192.0.2.254").mandatory()))), "Further routes.", "[{to: 10.8.0.0/16, via: 192.0.2.254}]"),
            of("mtu", new Whole(576, 9216), "Largest packet in bytes. Default: the device driver's.", "1500"),
            section("wifi", "The Wi-Fi network to join.",
                    of("ssid", new Text(Format.SSID), "Its name.", "shop").mandatory(),
                    of("password", new Text(Format.WIFI_PASSWORD), "WPA2 or WPA3 password. Default: an open network.", "correct horse").hidden(),
                    of("country", new Text(Format.COUNTRY), "Where the device stands, which decides the channels it may use.", "DE").mandatory(),
                    of("hidden", new Flag(), "Whether the network does not tell its name. Default: `false`.", "false")),
            section("vlan", "Makes this interface a VLAN on another.",
                    of("id", new Whole(1, 4094), "The tag, 1 to 4094.", "42").mandatory(),
                    of("link", new Text(Format.INTERFACE), "The interface that it runs on.", "end0").mandatory())));

    private static final List<Key> KEYS = List.of(
            of("hostname", new Text(Format.HOSTNAME), "Name of the device, of its node and in the fleet. `{serial}` stands for the board's serial number. Default: `skerry-{serial}`.",
                    "store-0042"),
            of("role", new Choice(List.of("standalone", "server", "agent")),
                    "`standalone`: a cluster of this device alone. `server`: one that other nodes join. `agent`: a node that joins one. Nodes cannot join yet: all three are the same in this version. Default: `standalone`.", "standalone"),
            of("labels", new Named("KEY", Format.LABEL_KEY, new Text(Format.LABEL_VALUE)), "Labels of the device, which the fleet's targets select on.", "{site: harbour, tier: edge}"),
            section("fleet", "The fleet repository that the device keeps to. Default: none.",
                    of("url", new Text(Format.GIT_URL), "The Git repository.", "https://git.example.org/fleet.git").mandatory(),
                    of("branch", new Text(Format.BRANCH), "Default: `main`.", "main"),
                    of("interval", new Text(Format.DURATION), "How often it is looked at. Default: `60s`.", "5m"),
                    of("username", new Text(Format.ANY), "For https.", "device"),
                    of("password", new Text(Format.ANY), "Password or token, for https.", "secret").hidden(),
                    of("sshKey", new Text(Format.SSH_PRIVATE_KEY), "Private key, for ssh.", "").hidden(),
                    of("knownHosts", new Items(new Text(Format.ANY)), "Lines of a known_hosts file with the Git server's keys. Needed for ssh.", "['git.example.org ssh-ed25519 AAAA...']")),
            section("trust", "Whom the device believes, besides those whose keys are in the image.",
                    of("git", new Items(new Text(Format.SIGNER)), "Signers of commits in the fleet repository.", "")
                            .toCome("signatures of commits are not checked yet by this version"),
                    of("os", new Items(new Text(Format.PUBLIC_KEY)), "Signers of updates of the operating system and of bundles on USB sticks.", ""),
                    of("ca", new Text(Format.CERTIFICATES), "Authorities, such as your company's, that are believed besides the usual ones: by the fleet repository's, update's and broker's client.", "")),
            section("mqtt", "The broker that status is reported to, by the GitOps agent: needs a fleet repository. Default: none.",
                    of("url", new Text(Format.MQTT_URL), "`ssl://` is TLS.", "ssl://broker.example.org:8883").mandatory(),
                    of("username", new Text(Format.ANY), "", "device"),
                    of("password", new Text(Format.ANY), "", "secret").hidden(),
                    of("ca", new Text(Format.CERTIFICATES), "Authorities that the broker's certificate must lead to. Default: the usual ones and `trust.ca`.", ""),
                    of("certificate", new Text(Format.CERTIFICATES), "The device's client certificate; needs `key`.", ""),
                    of("key", new Text(Format.PRIVATE_KEY), "The client certificate's key.", "").hidden()),
            section("enrolment", "How the device makes itself known to a fleet hub.",
                    of("token", new Text(Format.ANY), "Given out by the hub.", "secret").mandatory().hidden().toCome("there is no fleet hub yet; the token is only kept")),
            section("network", "Without it, every wired interface asks for addresses by DHCP.",
                    of("interfaces", new Named("NAME", Format.INTERFACE, INTERFACE), "By name, as systemd gives it: `end0` on a Raspberry Pi, `enp1s0` or the like on a PC, `wlan0` or `wlp2s0` for Wi-Fi; `e*` is any wired one. `skerry status` says which are there when one is not. Wired interfaces that are not named stay with DHCP.", ""),
                    section("proxy", "The proxy for HTTP.",
                            of("http", new Text(Format.PROXY_URL), "For http.", "http://proxy.example.org:3128"),
                            of("https", new Text(Format.PROXY_URL), "For https.", "http://proxy.example.org:3128"),
                            of("noProxy", new Items(new Text(Format.NO_PROXY)), "What is reached without it; the device itself and the cluster always are.", "[.example.org, 10.0.0.0/8]")),
                    of("ntp", new Items(new Text(Format.HOST)), "Time servers. Default: those that DHCP names, then Debian's pool.", "[ntp.example.org]")),
            section("ssh", "Without keys nobody can log in, and no ssh server runs.",
                    of("keys", new Items(new Text(Format.SSH_KEY)), "Public keys that may log in as root. There are no passwords.", "['ssh-ed25519 AAAA... me']")),
            of("users", new Items(new Section(List.of(
                    of("name", new Text(Format.USER), "", "operator").mandatory(),
                    of("sshKeys", new Items(new Text(Format.SSH_KEY)), "Public keys that may log in.", "['ssh-ed25519 AAAA... me']").mandatory(),
                    of("groups", new Items(new Text(Format.GROUP)), "Further groups, such as `systemd-journal`.", "[systemd-journal]")))), "People who log in without being root.", ""),
            of("timezone", new Text(Format.TIME_ZONE), "Default: `UTC`.", "Europe/Berlin"),
            section("journal", "The journal is kept in memory.",
                    of("forwardTo", new Text(Format.ADDRESS_PORT), "Also send it there, over TCP in the journal's export format (to `systemd-journal-remote --listen-raw=PORT`).", "192.0.2.5:19532")),
            of("server", new ServerFlags(), "Any flag of `skerry server`, as in its [configuration file](configuration.md). It wins over what the other keys say.", "{disable: [dns]}"),
            section(BUILD, "What is built into the image: only in `image.yaml`.",
                    of("packages", new Items(new Text(Format.PACKAGE)), "Further Debian packages.", "[tcpdump]"),
                    of("files", new Items(new Section(List.of(
                            of("path", new Text(Format.ABSOLUTE_PATH), "Where it goes in the root file system.", "/usr/share/motd").mandatory(),
                            of("source", new Text(Format.PATH), "The file or folder to copy; a folder with all that is in it. Either this or `content`.", "motd.txt"),
                            of("content", new Text(Format.MULTILINE), "The file's text.", "hello"),
                            of("mode", new Text(Format.MODE), "Of each file. Default: `'0644'`, of a copied file its own.", "'0644'")))), "Further files.", ""),
                    of("images", new Items(new Text(Format.PATH)), "OCI archives of container images that are there without being pulled.", "[images/web.tar]"),
                    of("charts", new Items(new Text(Format.PATH)), "Helm charts (`.tgz`) that a `HelmChart` object can name without a network ([how](helm.md#charts-of-the-device)).", "[charts/web-1.0.0.tgz]"),
                    of("fleet", new Text(Format.PATH), "A Git bundle or a repository: the fleet repository of devices whose settings name no `fleet.url`, such as those that never see a network.", "fleet.bundle")));

    private SettingsSchema() {}

    /** The keys at the top. */
    public static List<Key> keys() {
        return KEYS;
    }
}
