package io.skerry.appliance.device;

import io.skerry.appliance.config.ProxyEnvironment;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.image.settings.Settings;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The settings of the proxy as {@code NAME=value} lines for the server and everything that it starts, as most programs read them. */
final class ProxyFile {
    private ProxyFile() {}

    /**
     * An address that DHCP gives is not known yet: the server adds it when it starts.
     *
     * @param hostname without placeholders
     * @return none when the settings name no proxy
     */
    static Optional<SystemFile> of(Settings settings, String hostname) {
        Settings.Proxy proxy = settings.network().proxy();
        if (proxy.http().isEmpty() && proxy.https().isEmpty()) {
            return Optional.empty();
        }
        List<String> lines = new ArrayList<>();
        proxy.http().ifPresent(url -> lines.add("HTTP_PROXY=" + url));
        proxy.https().ifPresent(url -> lines.add("HTTPS_PROXY=" + url));
        lines.add("NO_PROXY=" + String.join(",", direct(settings, hostname)));
        return Optional.of(SystemFile.secret(ProxyEnvironment.FILE.toString(), String.join("\n", lines)));
    }

    private static Set<String> direct(Settings settings, String hostname) {
        Set<String> direct = new LinkedHashSet<>(List.of("localhost", "127.0.0.0/8", hostname));
        settings.network().interfaces().stream().flatMap(each -> each.addresses().stream()).forEach(address -> direct.add(address.substring(0, address.indexOf('/'))));
        direct.addAll(flag(settings, "cluster-cidr", ServerOptions.CLUSTER_CIDR));
        direct.addAll(flag(settings, "service-cidr", ServerOptions.SERVICE_CIDR));
        direct.add(".svc");
        flag(settings, "cluster-domain", ServerOptions.CLUSTER_DOMAIN).forEach(domain -> direct.add("." + domain));
        direct.addAll(settings.network().proxy().noProxy());
        return direct;
    }

    private static List<String> flag(Settings settings, String name, String standard) {
        return settings.server().getOrDefault(name, List.of(standard));
    }
}
