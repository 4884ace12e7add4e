package io.skerry.appliance.server;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.audit.AuditPolicy;
import io.skerry.apiserver.audit.Auditor;
import io.skerry.apiserver.auth.SigningKeys;
import io.skerry.apiserver.encryption.SecretEncryption;
import io.skerry.apiserver.bootstrap.ServerLeases;
import io.skerry.apiserver.http.AcceptTransport;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.stream.PodStreams;
import io.skerry.appliance.BuildInfo;
import io.skerry.appliance.UserError;
import io.skerry.appliance.config.FileMode;
import io.skerry.appliance.config.PortRange;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.config.ServerOptions.Part;
import io.skerry.appliance.os.DataFormat;
import io.skerry.appliance.os.DeviceHealth;
import io.skerry.appliance.os.OperatingSystem;
import io.skerry.appliance.os.OsUpdates;
import io.skerry.controllers.runtime.Informers;
import io.skerry.datastore.Ballast;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.Datastores;
import io.skerry.datastore.ScheduledSnapshots;
import io.skerry.datastore.SqliteSnapshots;
import io.skerry.gitops.GitOpsAgent;
import io.skerry.gitops.GitOpsConfig;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.network.NetworkException;
import io.skerry.node.Node;
import io.skerry.node.NodeConfig;
import io.skerry.scheduler.Scheduler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One appliance, running: every module of the control plane, composed in the order in which they stand on each other, and
 * taken down in the opposite one. Pods keep running when it closes, and are adopted by the next one.
 */
public final class Server implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Server.class.getName());

    /** A power cut forgets at most this much of heartbeats and events, and an idle device writes no oftener. */
    private static final Duration HEARTBEATS_REACH_DISK = Duration.ofMinutes(10);
    /** Certificates are renewed a season before they end; the clock of a device without a battery may jump over that. */
    private static final Duration CERTIFICATES_LOOKED_AT = Duration.ofHours(1);

    private final ServerOptions options;
    private final Identity identity;
    private final PortRange nodePorts;
    private final String kubeconfigMode;
    private final NodeConfig nodeConfig;
    private final Optional<AuditPolicy> auditPolicy;
    private final Optional<GitOpsConfig> gitOps;
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private volatile NodeStreams streams;

    /** @throws UserError about a value that cannot be, before anything is started */
    private Server(ServerOptions options) {
        this.options = options;
        identity = Identity.of(options);
        nodePorts = PortRange.parse("--service-node-port-range", options.serviceNodePortRange);
        kubeconfigMode = FileMode.parse("--write-kubeconfig-mode", options.writeKubeconfigMode);
        nodeConfig = Parts.nodeConfig(options, identity);
        options.kubeApiserverArg.forEach(arg -> arg.applyTo(options));
        auditPolicy = Parts.auditPolicy(options);
        gitOps = options.fleetRepo == null || options.disable.contains(Part.GITOPS) ? Optional.empty() : Optional.of(Parts.gitOps(options, identity));
    }

    /**
     * Returns when everything runs; pods may still be starting.
     *
     * @param giveUp is told when it is better closed and started again
     * @throws UserError one line about what is wrong; whatever was started is stopped again
     */
    public static Server start(ServerOptions options, Consumer<UserError> giveUp) {
        Preflight.check(options);
        Ballast ballast = Ballast.of(options.dataDir.resolve("ballast"));
        ballast.makeRoom();
        DataFormat.prepare(options.dataDir, BuildInfo.VERSION);
        Server server = new Server(options);
        try {
            server.startAll(ballast, giveUp);
            ballast.refill();
            return server;
        } catch (UserError e) {
            server.close();
            throw e;
        } catch (DatastoreException | NetworkException | IOException e) {
            server.close();
            throw new UserError(e.getMessage(), e);
        } catch (InterruptedException e) {
            server.close();
            throw new UserError("interrupted while starting", e);
        } catch (RuntimeException | Error e) {
            server.close();
            throw e;
        }
    }

    private void startAll(Ballast ballast, Consumer<UserError> giveUp) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        // sqlite-jdbc unpacks its native library at each start: into memory, and nowhere else on the machine.
        System.setProperty("org.sqlite.tmpdir", options.runDir.toAbsolutePath().toString());
        Path tls = options.serverDir().resolve("tls");
        ClusterPki pki = ClusterPki.ensure(tls, identity.servingNames(options), Clock.systemUTC());
        DatastoreOptions heartbeats = DatastoreOptions.defaults().withLazyDelay(HEARTBEATS_REACH_DISK)
                .withBallast(options.datastore() != null && options.datastore().startsWith(options.dataDir) ? ballast : Ballast.NONE);
        Datastore datastore = SecretEncryption.open(keep(options.datastoreAutoRestore
                ? Datastores.openOrRestore(options.datastoreEndpoint, options.datastore(), heartbeats.withDamaged(damage -> giveUp.accept(new UserError(damage.getMessage(), damage))))
                : Datastores.open(options.datastoreEndpoint, options.datastore(), heartbeats)), options.encryptionKeys(), Clock.systemUTC());
        if (!datastore.isShared() && options.snapshotInterval.isPositive()) {
            keep(new ScheduledSnapshots(new SqliteSnapshots(options.datastore(), Clock.systemUTC()), identity.nodeName(), options.snapshotInterval,
                    options.snapshotRetention, Clock.systemUTC()));
        }
        ApiServerConfig config = new ApiServerConfig(identity.serviceRange().toString(), options.clusterDns, nodePorts.first(), nodePorts.last(),
                ApiAddress.advertised(options, identity.nodeIp()), options.httpsListenPort, "https://kubernetes.default.svc." + options.clusterDomain,
                SigningKeys.loadOrCreate(tls.resolve("service.current.key")), BuildInfo.KUBERNETES_VERSION);
        NodeLocator nodes = name -> name.equals(identity.nodeName()) ? Optional.ofNullable(streams) : Optional.empty();
        ApiServer api = keep(new ApiServer(config, datastore, TypeTable.builtin(), nodes));
        api.signCertificates(pki);
        api.aggregate(pki);
        api.reachOthers(pki);
        auditPolicy.ifPresent(policy -> api.audit(new Auditor(policy, keep(Parts.auditLog(options)))));
        Vertx vertx = AcceptTransport.vertx(new VertxOptions().setEventLoopPoolSize(2).setWorkerPoolSize(2).setInternalBlockingPoolSize(2)
                .setFileSystemOptions(new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        started.push(() -> vertx.close().toCompletionStage().toCompletableFuture().join());
        HttpFrontend frontend = keep(new HttpFrontend(vertx, new HttpFrontendConfig(options.bindAddress, options.httpsListenPort,
                pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                client -> api.authenticator().authenticate(client.peerCertificates().isEmpty() ? null : client.peerCertificates().getFirst(),
                        client.headers().apply("Authorization")),
                api, UpgradeHandler.firstOf(api.remoteStreams(), new PodStreams(api, nodes))));
        frontend.start();
        keep(api.advertise(ServerLeases.Times.UPSTREAM)); // after the frontend, to be taken back before it closes
        try {
            writeKubeconfig(pki);
        } catch (IOException e) {
            if (!Files.isRegularFile(options.kubeconfig())) {
                throw e;
            }
            LOG.log(Level.WARNING, "{0} stays as it was: {1}", options.kubeconfig(), e.getMessage());
        }
        keep(new CertificateRenewal(() -> {
            ClusterPki renewed = ClusterPki.ensure(tls, identity.servingNames(options), Clock.systemUTC());
            frontend.renewCertificate();
            api.renewCertificates(renewed);
            writeKubeconfig(renewed);
        }, CERTIFICATES_LOOKED_AT));
        LOG.log(Level.INFO, "The API server serves https://{0}:{1} after {2} ms", options.bindAddress, String.valueOf(options.httpsListenPort),
                String.valueOf((System.nanoTime() - begun) / 1_000_000));

        KubernetesClient client = keep(InProcessClient.create(api, User.master("system:skerry")));
        Informers informers = keep(new Informers(client));
        Parts.network(options, identity, informers, this::keep);
        Node node = keep(new Node(nodeConfig, informers));
        node.start();
        streams = node.streams();
        Elected elected = new Elected(datastore.isShared(), client, informers, identity.nodeName(), this::keep);
        elected.run("kube-controller-manager", (mine, keep) -> Parts.controllers(options, pki, api.tokens()::issueForSecret, mine, keep));
        if (!options.disable.contains(Part.SCHEDULER)) {
            elected.run("kube-scheduler", (mine, keep) -> {
                Scheduler scheduler = new Scheduler(mine);
                keep.accept(scheduler);
                scheduler.start();
            });
        }
        AtomicReference<GitOpsAgent> agent = new AtomicReference<>();
        Liveness liveness = new Liveness(options.bindAddress, options.httpsListenPort, tls.resolve("server-ca.crt"));
        Optional<OsUpdates> os = OperatingSystem.start(options.dataDir, datastore.isShared(), informers,
                new DeviceHealth(liveness::answers, informers, identity.nodeName(), () -> Optional.ofNullable(agent.get())), this::keep);
        if (gitOps.isPresent()) {
            agent.set(keep(new GitOpsAgent(gitOps.get(), client, () -> os.map(OsUpdates::report))));
            os.ifPresent(updates -> updates.onChange(agent.get()::osChanged));
            agent.get().start();
        }
        os.ifPresent(OsUpdates::start);
        LOG.log(Level.INFO, "Everything runs after {0} ms", String.valueOf((System.nanoTime() - begun) / 1_000_000));
    }

    private void writeKubeconfig(ClusterPki pki) throws IOException {
        AtomicFile.update(options.kubeconfig(), pki.adminKubeconfig(ApiAddress.url(options)).getBytes(StandardCharsets.US_ASCII), kubeconfigMode);
    }

    private <T extends AutoCloseable> T keep(T part) {
        started.push(part);
        return part;
    }

    @Override
    public void close() {
        while (!started.isEmpty()) {
            AutoCloseable part = started.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.log(Level.WARNING, "could not stop " + part.getClass().getSimpleName(), e);
            }
        }
    }
}
