package io.skerry.appliance.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.ArrayList;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The flags of {@code skerry server}; those that k3s has bear k3s's names. */
public final class ServerOptions extends CommonOptions {
    // Listener
    @Option(names = "--https-listen-port", paramLabel = "PORT", defaultValue = "6443",
            description = "Port of the API server (default: ${DEFAULT-VALUE}).")
    public int httpsListenPort;

    @Option(names = "--bind-address", paramLabel = "IP", defaultValue = "0.0.0.0",
            description = "Address the API server listens on (default: ${DEFAULT-VALUE}).")
    public String bindAddress;

    @Option(names = "--advertise-address", paramLabel = "IP",
            description = "IPv4 address at which pods and other servers reach the API server (default: the bind address; the node's where that is any, or loopback).")
    public String advertiseAddress;

    @Option(names = "--tls-san", paramLabel = "NAME", split = ",",
            description = "Further host names or addresses in the API server's certificate.")
    public List<String> tlsSan = new ArrayList<>();

    @Option(names = "--write-kubeconfig-mode", paramLabel = "MODE", defaultValue = "0600",
            description = "Permissions of the kubeconfig, octal (default: ${DEFAULT-VALUE}).")
    public String writeKubeconfigMode;

    // Datastore
    @Option(names = "--datastore-auto-restore",
            description = "When the embedded datastore is found damaged at start, go on with its newest good snapshot and keep the damaged file.")
    public boolean datastoreAutoRestore;

    @Option(names = "--snapshot-interval", paramLabel = "DURATION", defaultValue = "12h",
            description = "How often a snapshot of the embedded datastore is taken, 0s for never (default: ${DEFAULT-VALUE}).")
    public Duration snapshotInterval;

    @Option(names = "--snapshot-retention", paramLabel = "COUNT", defaultValue = "5",
            description = "How many of these snapshots are kept (default: ${DEFAULT-VALUE}).")
    public int snapshotRetention;

    // Networking
    public static final String CLUSTER_CIDR = "10.42.0.0/16";
    public static final String SERVICE_CIDR = "10.43.0.0/16";
    public static final String CLUSTER_DOMAIN = "cluster.local";

    @Option(names = "--cluster-cidr", paramLabel = "CIDR", defaultValue = CLUSTER_CIDR,
            description = "Addresses of pods (default: ${DEFAULT-VALUE}).")
    public String clusterCidr;

    @Option(names = "--service-cidr", paramLabel = "CIDR", defaultValue = SERVICE_CIDR,
            description = "Addresses of services (default: ${DEFAULT-VALUE}).")
    public String serviceCidr;

    @Option(names = "--service-node-port-range", paramLabel = "FROM-TO", defaultValue = "30000-32767",
            description = "Ports for services of type NodePort (default: ${DEFAULT-VALUE}).")
    public String serviceNodePortRange;

    @Option(names = "--cluster-dns", paramLabel = "IP", defaultValue = "10.43.0.10",
            description = "Address of the cluster's DNS, within the service CIDR (default: ${DEFAULT-VALUE}).")
    public String clusterDns;

    @Option(names = "--cluster-domain", paramLabel = "DOMAIN", defaultValue = CLUSTER_DOMAIN,
            description = "DNS domain of the cluster (default: ${DEFAULT-VALUE}).")
    public String clusterDomain;

    // Node
    @Option(names = "--node-name", paramLabel = "NAME", description = "Name of this node (default: the host name).")
    public String nodeName;

    @Option(names = "--node-ip", paramLabel = "IP", description = "Address of this node (default: that of the default route).")
    public String nodeIp;

    @Option(names = "--node-label", paramLabel = "KEY=VALUE", split = ",", description = "Labels for this node.")
    public Map<String, String> nodeLabel = new LinkedHashMap<>();

    @Option(names = "--node-taint", paramLabel = "KEY=VALUE:EFFECT", split = ",", description = "Taints for this node.")
    public List<String> nodeTaint = new ArrayList<>();

    @Option(names = "--bridge", paramLabel = "NAME", defaultValue = "skerry0",
            description = "Network bridge that pods are connected to (default: ${DEFAULT-VALUE}).")
    public String bridge;

    @Option(names = "--cgroup-root", paramLabel = "NAME", defaultValue = "kubepods",
            description = "Control group above all pods (default: ${DEFAULT-VALUE}).")
    public String cgroupRoot;

    // GitOps
    @Option(names = "--fleet-repo", paramLabel = "URL", description = "Fleet Git repository to keep to; without it no GitOps agent runs.")
    public String fleetRepo;

    @Option(names = "--fleet-branch", paramLabel = "BRANCH", defaultValue = "main",
            description = "Branch of the fleet repository (default: ${DEFAULT-VALUE}).")
    public String fleetBranch;

    @Option(names = "--fleet-interval", paramLabel = "DURATION", defaultValue = "60s",
            description = "How often the fleet repository is looked at (default: ${DEFAULT-VALUE}).")
    public Duration fleetInterval;

    @Option(names = "--fleet-credentials-file", paramLabel = "FILE",
            description = "File with 'username:password' (or token) for the fleet repository.")
    public Path fleetCredentialsFile;

    @Option(names = "--trust-ca-file", paramLabel = "FILE",
            description = "PEM certificates of authorities that are believed besides the built-in ones: for the fleet repository, updates and the broker.")
    public Path trustCaFile;

    @Option(names = "--device-name", paramLabel = "NAME", description = "Name of this device in the fleet (default: the node's name).")
    public String deviceName;

    @Option(names = "--device-label", paramLabel = "KEY=VALUE", split = ",",
            description = "Labels of this device, which the fleet's targets select on.")
    public Map<String, String> deviceLabel = new LinkedHashMap<>();

    @Option(names = "--mqtt-url", paramLabel = "URL",
            description = "MQTT broker that status is reported to, for example tcp://broker:1883 or ssl://broker:8883.")
    public URI mqttUrl;

    @Option(names = "--mqtt-credentials-file", paramLabel = "FILE", description = "File with 'username:password' for the broker.")
    public Path mqttCredentialsFile;

    @Option(names = "--mqtt-ca-file", paramLabel = "FILE", description = "PEM certificates that the broker's must lead to (default: the system's).")
    public Path mqttCaFile;

    @Option(names = "--mqtt-cert-file", paramLabel = "FILE", description = "PEM client certificate for the broker; needs --mqtt-key-file.")
    public Path mqttCertFile;

    @Option(names = "--mqtt-key-file", paramLabel = "FILE", description = "PEM PKCS #8 key of the client certificate.")
    public Path mqttKeyFile;

    // Audit
    @Option(names = "--audit-policy-file", paramLabel = "FILE", description = "audit.k8s.io/v1 Policy: what is logged of which request. Needs --audit-log-path.")
    public Path auditPolicyFile;

    @Option(names = "--audit-log-path", paramLabel = "FILE", description = "Where audit events go, a JSON line each; - for the standard output.")
    public String auditLogPath;

    @Option(names = "--audit-log-maxage", paramLabel = "DAYS", defaultValue = "0", description = "Old audit files go after so many days; 0 keeps them.")
    public int auditLogMaxAge;

    @Option(names = "--audit-log-maxbackup", paramLabel = "COUNT", defaultValue = "0", description = "How many old audit files are kept; 0: all.")
    public int auditLogMaxBackup;

    @Option(names = "--audit-log-maxsize", paramLabel = "MEGABYTES", defaultValue = "100", description = "Size at which a new audit file is begun (default: ${DEFAULT-VALUE}).")
    public int auditLogMaxSize;

    @Option(names = "--kube-apiserver-arg", paramLabel = "NAME=VALUE", split = ",",
            description = "One of the --audit- flags in the form that k3s has for them, such as audit-log-path=FILE.")
    public List<ApiserverArg> kubeApiserverArg = new ArrayList<>();

    @Option(names = "--kube-controller-manager-arg", paramLabel = "NAME=VALUE", split = ",",
            description = "One of kube-controller-manager's horizontal-pod-autoscaler- flags, such as horizontal-pod-autoscaler-sync-period=30s.")
    public List<ControllerManagerArg> kubeControllerManagerArg = new ArrayList<>();

    // Parts
    @Option(names = "--disable", paramLabel = "PART", split = ",",
            description = "Built-in parts to leave out: ${COMPLETION-CANDIDATES}.")
    public Set<Part> disable = new LinkedHashSet<>();

    @Option(names = "--debug", description = "Log in detail.")
    public boolean debug;

    /** Names of all flags without dashes: the keys of the configuration file. */
    public static Set<String> names() {
        return CommandSpec.forAnnotatedObject(new ServerOptions()).options().stream()
                .map(option -> option.longestName().replaceFirst("^--", ""))
                .filter(name -> !name.equals("config"))
                .collect(Collectors.toSet());
    }

    /** Parts that {@code --disable} takes out. */
    public enum Part { DNS, PROXY, SCHEDULER, GITOPS, HELM }
}
