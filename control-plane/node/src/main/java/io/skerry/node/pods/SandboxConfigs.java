package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Sysctl;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.v1.DNSConfig;
import io.skerry.node.cri.v1.Int64Value;
import io.skerry.node.cri.v1.LinuxPodSandboxConfig;
import io.skerry.node.cri.v1.LinuxSandboxSecurityContext;
import io.skerry.node.cri.v1.NamespaceMode;
import io.skerry.node.cri.v1.NamespaceOption;
import io.skerry.node.cri.v1.PodSandboxConfig;
import io.skerry.node.cri.v1.PodSandboxMetadata;
import io.skerry.node.cri.v1.PortMapping;
import io.skerry.node.cri.v1.Protocol;
import io.skerry.node.cri.v1.SecurityProfile;
import io.skerry.node.host.Cgroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A pod's sandbox as CRI is asked for it. */
final class SandboxConfigs {
    private static final int MAX_HOSTNAME = 63, MAX_SEARCHES = 32, MAX_SERVERS = 3;
    private final NodeConfig node;
    private final Cgroups cgroups;

    SandboxConfigs(NodeConfig node, Cgroups cgroups) {
        this.node = node;
        this.cgroups = cgroups;
    }

    PodSandboxConfig of(Pod pod, int attempt) {
        PodSpec spec = pod.getSpec();
        var config = PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder().setName(pod.getMetadata().getName()).setNamespace(pod.getMetadata().getNamespace()).setUid(pod.getMetadata().getUid()).setAttempt(attempt))
                .setHostname(hostNetwork(pod) ? "" /* the host's, with its UTS namespace */ : hostname(pod)).setLogDirectory(Names.logFolder(node.podLogsDir(), pod).toString()).setDnsConfig(dns(pod))
                .putAllLabels(pod.getMetadata().getLabels() == null ? Map.of() : pod.getMetadata().getLabels()).putAllLabels(Names.podLabels(pod));
        if (pod.getMetadata().getAnnotations() != null) config.putAllAnnotations(pod.getMetadata().getAnnotations());
        if (!hostNetwork(pod)) config.addAllPortMappings(portMappings(spec));

        var security = LinuxSandboxSecurityContext.newBuilder().setNamespaceOptions(namespaces(pod)).setPrivileged(Stream.concat(containers(spec), EphemeralContainers.of(spec).stream()).anyMatch(SandboxConfigs::privileged))
                .setSeccomp(SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.RuntimeDefault));
        var linux = LinuxPodSandboxConfig.newBuilder().setCgroupParent(cgroups.parentOf(Qos.of(pod), pod.getMetadata().getUid()));
        PodSecurityContext context = spec.getSecurityContext();
        if (context != null) {
            if (context.getRunAsUser() != null) security.setRunAsUser(Int64Value.newBuilder().setValue(context.getRunAsUser()));
            if (context.getRunAsUser() != null && context.getRunAsGroup() != null) security.setRunAsGroup(Int64Value.newBuilder().setValue(context.getRunAsGroup()));
            if (context.getFsGroup() != null) security.addSupplementalGroups(context.getFsGroup());
            if (context.getSupplementalGroups() != null) security.addAllSupplementalGroups(context.getSupplementalGroups());
            if (context.getSysctls() != null) for (Sysctl s : context.getSysctls()) linux.putSysctls(s.getName(), s.getValue());
        }
        return config.setLinux(linux.setSecurityContext(security)).build();
    }

    static NamespaceOption namespaces(Pod pod) {
        PodSpec spec = pod.getSpec();
        return NamespaceOption.newBuilder().setNetwork(hostNetwork(pod) ? NamespaceMode.NODE : NamespaceMode.POD)
                .setPid(Boolean.TRUE.equals(spec.getHostPID()) ? NamespaceMode.NODE : Boolean.TRUE.equals(spec.getShareProcessNamespace()) ? NamespaceMode.POD : NamespaceMode.CONTAINER)
                .setIpc(Boolean.TRUE.equals(spec.getHostIPC()) ? NamespaceMode.NODE : NamespaceMode.POD).build();
    }

    static boolean hostNetwork(Pod pod) { return Boolean.TRUE.equals(pod.getSpec().getHostNetwork()); }

    static Stream<Container> containers(PodSpec spec) { return Stream.concat(spec.getInitContainers().stream(), spec.getContainers().stream()); }

    private String hostname(Pod pod) {
        String name = pod.getSpec().getHostname() == null || pod.getSpec().getHostname().isEmpty() ? pod.getMetadata().getName() : pod.getSpec().getHostname();
        if (name.length() > MAX_HOSTNAME) name = name.substring(0, MAX_HOSTNAME).replaceAll("[-.]+$", "");
        boolean full = Boolean.TRUE.equals(pod.getSpec().getSetHostnameAsFQDN()) && pod.getSpec().getSubdomain() != null;
        return full ? name + "." + pod.getSpec().getSubdomain() + "." + pod.getMetadata().getNamespace() + ".svc." + node.clusterDomain() : name;
    }

    private static boolean privileged(Container c) { return c.getSecurityContext() != null && Boolean.TRUE.equals(c.getSecurityContext().getPrivileged()); }

    private static List<PortMapping> portMappings(PodSpec spec) {
        var mappings = new ArrayList<PortMapping>();
        for (Container c : (Iterable<Container>) containers(spec)::iterator) {
            for (ContainerPort port : c.getPorts()) {
                if (port.getHostPort() == null || port.getHostPort() == 0) continue;
                Protocol protocol = port.getProtocol() == null ? Protocol.TCP : Protocol.valueOf(port.getProtocol().toUpperCase(Locale.ROOT));
                mappings.add(PortMapping.newBuilder().setProtocol(protocol).setContainerPort(port.getContainerPort()).setHostPort(port.getHostPort())
                        .setHostIp(port.getHostIP() == null ? "" : port.getHostIP()).build());
            }
        }
        return mappings;
    }

    /** resolv.conf by dnsPolicy and dnsConfig. Source: kubernetes.io "DNS for Services and Pods". */
    private DNSConfig dns(Pod pod) {
        String policy = pod.getSpec().getDnsPolicy() == null ? "ClusterFirst" : pod.getSpec().getDnsPolicy();
        if (policy.equals("ClusterFirst") && hostNetwork(pod) || policy.equals("ClusterFirstWithHostNet") && node.clusterDns().isEmpty() || node.clusterDns().isEmpty() && policy.equals("ClusterFirst"))
            policy = "Default";
        Set<String> servers = new LinkedHashSet<>(), searches = new LinkedHashSet<>(), options = new LinkedHashSet<>();
        switch (policy) {
            case "None" -> { }
            case "Default" -> readResolvConf(servers, searches, options);
            default -> {
                servers.addAll(node.clusterDns());
                readResolvConf(new LinkedHashSet<>(), searches, new LinkedHashSet<>());
                var cluster = new LinkedHashSet<>(List.of(pod.getMetadata().getNamespace() + ".svc." + node.clusterDomain(), "svc." + node.clusterDomain(), node.clusterDomain()));
                cluster.addAll(searches);
                searches = cluster;
                options.add("ndots:5");
            }
        }
        var given = pod.getSpec().getDnsConfig();
        if (given != null) {
            if (given.getNameservers() != null) servers.addAll(given.getNameservers());
            if (given.getSearches() != null) searches.addAll(given.getSearches());
            if (given.getOptions() != null) {
                for (var option : given.getOptions()) {
                    options.removeIf(o -> o.equals(option.getName()) || o.startsWith(option.getName() + ":"));
                    options.add(option.getValue() == null || option.getValue().isEmpty() ? option.getName() : option.getName() + ":" + option.getValue());
                }
            }
        }
        return DNSConfig.newBuilder().addAllServers(servers.stream().limit(MAX_SERVERS).toList()).addAllSearches(searches.stream().limit(MAX_SEARCHES).toList()).addAllOptions(options).build();
    }

    /** Resolved's stub on 127.0.0.53 is no use in a pod's network namespace; it keeps the real servers in a file of its own. */
    private static void readResolvConf(Set<String> servers, Set<String> searches, Set<String> options) {
        Path resolved = Path.of("/run/systemd/resolve/resolv.conf"), file = Files.exists(resolved) ? resolved : Path.of("/etc/resolv.conf");
        try {
            for (String line : Files.readAllLines(file)) {
                String[] words = line.strip().split("\\s+");
                List<String> rest = List.of(words).subList(Math.min(1, words.length), words.length);
                switch (words[0]) {
                    case "nameserver" -> servers.addAll(rest);
                    case "search", "domain" -> {
                        searches.clear();
                        searches.addAll(rest);
                    }
                    case "options" -> options.addAll(rest);
                    default -> { }
                }
            }
        } catch (IOException e) {
            // a host without a resolver: pods get none either
        }
    }
}
