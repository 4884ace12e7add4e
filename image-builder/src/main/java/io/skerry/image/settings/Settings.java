package io.skerry.image.settings;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a {@code skerry.yaml} or {@code image.yaml} says; every format was checked.
 *
 * @param hostname       may contain {@code {serial}}
 * @param journalForward {@code ADDRESS:PORT}
 * @param server         flags of {@code skerry server} by name without dashes
 * @param tree           the file as it was written
 * @param warnings       what is written rightly but has no effect yet
 */
public record Settings(Optional<String> hostname, Role role, Map<String, String> labels, Optional<Fleet> fleet, Trust trust, Optional<Mqtt> mqtt,
        Optional<String> enrolmentToken, Network network, List<String> sshKeys, List<User> users, Optional<String> timezone,
        Optional<String> journalForward, Map<String, List<String>> server, Build build, ObjectNode tree, List<Problem> warnings) {

    /** What part the device plays in its cluster. */
    public enum Role { STANDALONE, SERVER, AGENT }

    /** @param interval as written, such as {@code 5m}; @param sshKey an OpenSSH private key */
    public record Fleet(String url, Optional<String> branch, Optional<String> interval, Optional<String> username, Optional<String> password,
            Optional<String> sshKey, List<String> knownHosts) {
        @Override
        public String toString() {
            return "Fleet[" + url + "]";
        }
    }

    /** @param os Ed25519 public keys in PEM; @param ca PEM */
    public record Trust(List<String> git, List<String> os, Optional<String> ca) {}

    /** @param ca PEM; @param certificate PEM; @param key PEM */
    public record Mqtt(String url, Optional<String> username, Optional<String> password, Optional<String> ca, Optional<String> certificate, Optional<String> key) {
        @Override
        public String toString() {
            return "Mqtt[" + url + "]";
        }
    }

    /** @param interfaces in the order of the file */
    public record Network(List<Interface> interfaces, Proxy proxy, List<String> ntp) {}

    /** @param name an interface, or a pattern with {@code *} and {@code ?}; @param addresses with the length of their prefix */
    public record Interface(String name, boolean dhcp, List<String> addresses, Optional<String> gateway, List<String> dns, List<String> search,
            List<Route> routes, OptionalInt mtu, Optional<Wifi> wifi, Optional<Vlan> vlan) {}

    public record Route(String to, String via) {}

    public record Wifi(String ssid, Optional<String> password, String country, boolean hidden) {
        @Override
        public String toString() {
            return "Wifi[" + ssid + "]";
        }
    }

    public record Vlan(int id, String link) {}

    /** URLs. */
    public record Proxy(Optional<String> http, Optional<String> https, List<String> noProxy) {}

    public record User(String name, List<String> sshKeys, List<String> groups) {}

    /** What only an image build needs; paths as written, relative ones to the settings file's folder. */
    public record Build(List<String> packages, List<File> files, List<String> images, List<String> charts, Optional<String> fleet) {}

    /** @param mode octal */
    public record File(String path, Optional<String> source, Optional<String> content, Optional<String> mode) {}

    /** The settings of a device that was told nothing. */
    public static Settings defaults() {
        return Typed.of(io.skerry.machinery.json.Json.object(), List.of());
    }

    /** The tree without what only a build needs: what goes into an image as {@code skerry.yaml}. */
    public ObjectNode deviceTree() {
        ObjectNode copy = tree.deepCopy();
        copy.remove(SettingsSchema.BUILD);
        return copy;
    }

    /** Keys of {@link #deviceTree} that hold secrets: {@link Secrets#in}. */
    public List<String> secrets() {
        return Secrets.in(deviceTree());
    }

    /** Names no secrets. */
    @Override
    public String toString() {
        return "Settings[" + hostname.orElse("") + "]";
    }
}
