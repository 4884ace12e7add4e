package io.skerry.appliance.server;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.skerry.apiserver.audit.AuditLog;
import io.skerry.apiserver.audit.AuditPolicy;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.appliance.BuildInfo;
import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ControllerManagerArg;
import io.skerry.appliance.config.CredentialsFile;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.config.ServerOptions.Part;
import io.skerry.controllers.BuiltinControllers;
import io.skerry.controllers.core.TokensController;
import io.skerry.controllers.helm.HelmCrds;
import io.skerry.controllers.runtime.ControllerManager;
import io.skerry.controllers.runtime.Crds;
import io.skerry.controllers.runtime.Informers;
import io.skerry.gitops.GitOpsConfig;
import io.skerry.gitops.git.GitRemote;
import io.skerry.gitops.mqtt.MqttConfig;
import io.skerry.network.NetworkConfig;
import io.skerry.network.cni.CniSetup;
import io.skerry.network.dns.DnsServer;
import io.skerry.network.proxy.ServiceProxy;
import io.skerry.node.NodeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** What each module is told: the options in the modules' own terms. */
final class Parts {
    private Parts() {}

    static NetworkConfig networkConfig(ServerOptions options, Identity identity) {
        return NetworkConfig.defaults(identity.nodeName(), options.runDir.toAbsolutePath(), nodeConfig(options, identity).cniConfDir())
                .withCidrs(identity.podRange().toString(), options.clusterCidr, options.serviceCidr)
                .withDns(options.clusterDomain, options.clusterDns, 53, NetworkConfig.defaults("", options.runDir, options.runDir).resolvConf(), List.of())
                .withBridge(options.bridge, 0);
    }

    static NodeConfig nodeConfig(ServerOptions options, Identity identity) {
        Map<String, String> labels = new TreeMap<>(options.nodeLabel);
        return NodeConfig.of(identity.nodeName(), options.dataDir, options.runDir, identity.nodeIp())
                .withPodCidr(identity.podRange().toString())
                .withDns(options.disable.contains(Part.DNS) ? List.of() : List.of(options.clusterDns), options.clusterDomain)
                .withLabelsAndTaints(labels, options.nodeTaint.stream().map(Parts::taint).toList())
                .withCgroupRoot(options.cgroupRoot);
    }

    static GitOpsConfig gitOps(ServerOptions options, Identity identity) {
        try {
            GitRemote remote = GitRemote.of(options.fleetRepo).withBranch(options.fleetBranch).withInterval(options.fleetInterval);
            if (options.fleetCredentialsFile != null) {
                CredentialsFile credentials = CredentialsFile.read(options.fleetCredentialsFile);
                remote = remote.withCredentials(credentials.username().isEmpty() ? GitRemote.Credentials.token(credentials.secret())
                        : new GitRemote.Credentials(credentials.username(), credentials.secret()));
            }
            Optional<MqttConfig> mqtt = Optional.empty();
            if (options.mqttUrl != null) {
                Optional<CredentialsFile> credentials = Optional.ofNullable(options.mqttCredentialsFile).map(CredentialsFile::read);
                MqttConfig broker = new MqttConfig(options.mqttUrl.toString(), credentials.map(CredentialsFile::username), credentials.map(CredentialsFile::secret),
                        Optional.ofNullable(options.mqttCaFile), Optional.ofNullable(options.mqttCertFile), Optional.ofNullable(options.mqttKeyFile),
                        MqttConfig.DEFAULT_HEARTBEAT, MqttConfig.DEFAULT_OUTBOX_LIMIT);
                mqtt = Optional.of(broker);
            }
            return new GitOpsConfig(options.gitopsDir(), identity.deviceName(), options.deviceLabel, BuildInfo.VERSION, remote, mqtt);
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage(), e);
        }
    }

    /** @throws UserError naming the file's line, or the flag that lacks the other */
    static Optional<AuditPolicy> auditPolicy(ServerOptions options) {
        if ((options.auditPolicyFile == null) != (options.auditLogPath == null)) {
            throw new UserError(options.auditPolicyFile == null ? "--audit-log-path needs --audit-policy-file, which says what is logged"
                    : "--audit-policy-file needs --audit-log-path, where the events go");
        }
        if (options.auditPolicyFile == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(AuditPolicy.read(options.auditPolicyFile));
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage(), e);
        } catch (IOException e) {
            throw new UserError("--audit-policy-file: cannot read " + options.auditPolicyFile + ": " + e.getMessage(), e);
        }
    }

    static AuditLog auditLog(ServerOptions options) {
        try {
            return new AuditLog(options.auditLogPath, new AuditLog.Limits(options.auditLogMaxAge, options.auditLogMaxBackup, options.auditLogMaxSize), Clock.systemUTC());
        } catch (IOException e) {
            throw new UserError("--audit-log-path: cannot write " + options.auditLogPath + ": " + e.getMessage(), e);
        }
    }

    static void network(ServerOptions options, Identity identity, Informers informers, Consumer<AutoCloseable> keep) {
        NetworkConfig config = networkConfig(options, identity);
        new CniSetup(config).start();
        if (!options.disable.contains(Part.PROXY)) {
            ServiceProxy proxy = new ServiceProxy(informers, config);
            keep.accept(proxy);
            proxy.start();
        }
        if (!options.disable.contains(Part.DNS)) {
            DnsServer dns = new DnsServer(informers, config);
            keep.accept(dns);
            dns.start();
        }
    }

    /** @param signer of tokens in Secrets */
    static void controllers(ServerOptions options, ClusterPki pki, TokensController.Signer signer, Informers informers, Consumer<AutoCloseable> keep) throws IOException {
        if (!options.disable.contains(Part.HELM)) {
            // Before the GitOps agent looks: a HelmChart in the fleet repository must be a kind that the cluster knows.
            Crds.ensure(informers.client(), HelmCrds.manifests());
        }
        ControllerManager controllers = new ControllerManager(informers, BuiltinControllers.all(informers, new BuiltinControllers.Options(
                Files.readString(pki.serverCaCertificate()), signer, options.serverDir().resolve("manifests"), options.serverDir().resolve("static/charts"),
                ControllerManagerArg.autoscaling(options.kubeControllerManagerArg), options.disable.contains(Part.HELM) ? Set.of("helm-chart-controller") : Set.of())));
        keep.accept(controllers);
        controllers.start();
    }

    /** {@code key=value:Effect} or {@code key:Effect}, as kubectl taint and k3s write it. */
    static Taint taint(String text) {
        int colon = text.lastIndexOf(':');
        String effect = text.substring(colon + 1);
        if (colon < 1 || !Set.of("NoSchedule", "PreferNoSchedule", "NoExecute").contains(effect)) {
            throw new UserError("--node-taint '" + text + "' is not a taint; write key=value:NoSchedule, :PreferNoSchedule or :NoExecute");
        }
        String[] pair = text.substring(0, colon).split("=", 2);
        return new TaintBuilder().withKey(pair[0]).withValue(pair.length > 1 ? pair[1] : null).withEffect(effect).build();
    }
}
