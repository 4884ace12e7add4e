package io.skerry.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.admission.CertificateRequests;
import io.skerry.apiserver.admission.DefaultStorageClass;
import io.skerry.apiserver.admission.NamespaceLifecycle;
import io.skerry.apiserver.admission.NodeRestriction;
import io.skerry.apiserver.admission.PodPriority;
import io.skerry.apiserver.admission.PodTolerations;
import io.skerry.apiserver.admission.RuntimeClasses;
import io.skerry.apiserver.admission.ServiceAccountAdmission;
import io.skerry.apiserver.admission.limits.LimitRanger;
import io.skerry.apiserver.admission.limits.QuotaAccounting;
import io.skerry.apiserver.admission.limits.QuotaAdmission;
import io.skerry.apiserver.admission.limits.QuotaBookings;
import io.skerry.apiserver.admission.podsecurity.PodSecurity;
import io.skerry.apiserver.admission.policy.ValidatingPolicies;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.admission.webhook.MutatingWebhooks;
import io.skerry.apiserver.admission.webhook.ValidatingWebhooks;
import io.skerry.apiserver.aggregation.Aggregator;
import io.skerry.apiserver.audit.AuditEvent;
import io.skerry.apiserver.audit.AuditedResponse;
import io.skerry.apiserver.audit.Auditor;
import io.skerry.apiserver.auth.Authenticator;
import io.skerry.apiserver.auth.BootstrapTokens;
import io.skerry.apiserver.auth.ServiceAccountTokens;
import io.skerry.apiserver.authz.Attributes;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.authz.Escalation;
import io.skerry.apiserver.authz.Impersonation;
import io.skerry.apiserver.authz.Rbac;
import io.skerry.apiserver.bootstrap.Bootstrap;
import io.skerry.apiserver.bootstrap.FlowControl;
import io.skerry.apiserver.bootstrap.ServerLeases;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.cache.WithheldException;
import io.skerry.apiserver.crd.CustomTypes;
import io.skerry.apiserver.crd.DefinitionCleanup;
import io.skerry.apiserver.crd.FreedNames;
import io.skerry.apiserver.discovery.DiscoveryEndpoint;
import io.skerry.apiserver.discovery.OpenApiEndpoint;
import io.skerry.apiserver.discovery.RemoteOpenApi;
import io.skerry.apiserver.discovery.RemoteVersions;
import io.skerry.apiserver.expiry.EventExpiry;
import io.skerry.apiserver.health.HealthEndpoint;
import io.skerry.apiserver.health.Metrics;
import io.skerry.apiserver.health.VersionEndpoint;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.metrics.ResourceMetrics;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.proxy.Endpoint;
import io.skerry.apiserver.proxy.PeerServers;
import io.skerry.apiserver.proxy.ProxyClient;
import io.skerry.apiserver.proxy.ProxySubresource;
import io.skerry.apiserver.proxy.RemoteStreams;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.registry.Strategies;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.reviews.AccessReviews;
import io.skerry.apiserver.reviews.AuthenticationReviews;
import io.skerry.apiserver.service.Cidr;
import io.skerry.apiserver.service.ServiceAllocator;
import io.skerry.apiserver.signing.CertificateSigning;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.stream.StreamAccess;
import io.skerry.apiserver.subresources.Subresources;
import io.skerry.apiserver.subresources.TokenSubresource;
import io.skerry.apiserver.verbs.Resources;
import io.skerry.apiserver.verbs.Verbs;
import io.skerry.apiserver.webhook.WebhookClient;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.machinery.schema.TypeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The API server: takes a request whose user is known through authorization to the verbs of one generic registry. Blocks its caller;
 * any number of requests run at once.
 */
public final class ApiServer implements ApiHandler, StreamAccess, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ApiServer.class.getName());

    private static final Duration EVENT_AGE = Duration.ofHours(1);

    private final ApiServerConfig config;
    private final Datastore datastore;
    private final NodeLocator nodes;
    private final WatchCache cache;
    private final Store store;
    private final ServedTypes types;
    private final Pipeline pipeline;
    private final Resources resources;
    private final Authorizer authorizer;
    private final Impersonation impersonation;
    private final ServiceAccountTokens tokens;
    private final Authenticator authenticator;
    private final DiscoveryEndpoint discovery;
    private final OpenApiEndpoint openApi;
    private final HealthEndpoint health = new HealthEndpoint();
    private final Metrics metrics = new Metrics();
    private final ObjectNode version;
    private final DefinitionCleanup cleanup;
    private final FreedNames names;
    private final FlowControl flowControl;
    private final EventExpiry expiry;
    private final QuotaAccounting accounting;
    private final WebhookClient webhooks;
    private final ProxyClient proxyClient = new ProxyClient();
    private final ProxySubresource proxies;
    private volatile Auditor auditor;
    private volatile Aggregator aggregator;
    private volatile CertificateSigning signing;
    private volatile PeerServers peers;
    private volatile boolean started;
    private volatile boolean closed;

    public ApiServer(ApiServerConfig config, Datastore datastore, TypeTable table) {
        this(config, datastore, table, name -> Optional.empty());
    }

    /** Loads all objects and makes what a cluster cannot be without (namespaces, roles, the kubernetes service). */
    public ApiServer(ApiServerConfig config, Datastore datastore, TypeTable table, NodeLocator nodes) {
        cache = new WatchCache(datastore);
        store = new Store(datastore, cache);
        webhooks = new WebhookClient(store);
        ServiceAllocator services = new ServiceAllocator(() -> cache.resource("", "services"), Cidr.parse(config.serviceCidr()),
                Set.of(config.dnsAddress()), config.nodePortFirst(), config.nodePortLast());
        types = new ServedTypes(table, new Strategies(services),
                new CustomTypes(() -> cache.resource("apiextensions.k8s.io", "customresourcedefinitions"), webhooks));
        Rbac rbac = new Rbac(cache);
        authorizer = new Authorizer(rbac, cache, types.builtin("", "v1", "pods").selectableFields().paths());
        impersonation = new Impersonation(authorizer);
        tokens = new ServiceAccountTokens(config.serviceAccountKey(), config.issuer(), store, this);
        authenticator = new Authenticator(tokens, new BootstrapTokens(store));
        ServedType quotas = types.builtin("", "v1", "resourcequotas");
        Expressions expressions = new Expressions(authorizer, store);
        List<Admission> own = List.of(new NamespaceLifecycle(store), new Escalation(rbac, authorizer), new ServiceAccountAdmission(store),
                new NodeRestriction(store, authorizer),
                new LimitRanger(store), new PodTolerations(), new PodPriority(store), new DefaultStorageClass(store), new RuntimeClasses(store),
                new CertificateRequests(authorizer));
        List<Admission> admission = new ArrayList<>(own);
        admission.add(new MutatingWebhooks(store, types, expressions, webhooks, own));
        admission.addAll(List.of(new PodSecurity(store), new ValidatingPolicies(store, types, expressions),
                new ValidatingWebhooks(store, types, expressions, webhooks)));
        QuotaBookings bookings = new QuotaBookings();
        pipeline = new Pipeline(admission, new QuotaAdmission(store, quotas, bookings));
        Verbs verbs = Verbs.of(store, pipeline, authorizer);
        Subresources subresources = new Subresources(verbs, types, nodes);
        subresources.add("/serviceaccounts/token", new TokenSubresource(store, pipeline, tokens));
        proxies = new ProxySubresource(store, pipeline, nodes, proxyClient);
        for (String resource : List.of("nodes", "pods", "services")) {
            subresources.stream("/" + resource + "/" + ProxySubresource.NAME, proxies::stream);
        }
        AccessReviews access = new AccessReviews(authorizer, rbac, pipeline);
        AuthenticationReviews identity = new AuthenticationReviews(authenticator, pipeline);
        subresources.add("authorization.k8s.io/selfsubjectaccessreviews/", access::self);
        subresources.add("authorization.k8s.io/subjectaccessreviews/", access::subject);
        subresources.add("authorization.k8s.io/localsubjectaccessreviews/", access::subject);
        subresources.add("authorization.k8s.io/selfsubjectrulesreviews/", access::rules);
        subresources.add("authentication.k8s.io/tokenreviews/", identity::token);
        subresources.add("authentication.k8s.io/selfsubjectreviews/", identity::self);
        ResourceMetrics usage = new ResourceMetrics(store, nodes, node -> peers == null ? Optional.empty() : peers.summary(node),
                types.builtin("", "v1", "nodes"), types.builtin("", "v1", "pods"));
        subresources.add(ResourceMetrics.GROUP + "/nodes/", usage::nodes);
        subresources.add(ResourceMetrics.GROUP + "/pods/", usage::pods);
        resources = new Resources(verbs, subresources);
        discovery = new DiscoveryEndpoint(types, (config.advertiseAddress() == null ? "127.0.0.1" : config.advertiseAddress()) + ":" + config.securePort(),
                () -> aggregator == null ? RemoteVersions.NONE : aggregator);
        openApi = new OpenApiEndpoint(types, config.gitVersion(), () -> aggregator == null ? RemoteOpenApi.NONE : aggregator.openApi());
        version = VersionEndpoint.document(config.gitVersion());
        health.add("ping", false, () -> true);
        health.add("log", false, () -> true);
        health.add("etcd", false, cache::isHealthy);
        health.add("informer-sync", true, () -> started);
        health.add("shutdown", true, () -> !closed);
        flowControl = new FlowControl(this, cache);
        this.config = config;
        this.datastore = datastore;
        this.nodes = nodes;
        new Bootstrap(this, config, flowControl, store, !datastore.isShared()).run();
        flowControl.follow();
        cleanup = new DefinitionCleanup(this, store);
        names = new FreedNames(store, types);
        expiry = new EventExpiry(store, types.builtin("", "v1", "events"), EVENT_AGE);
        accounting = new QuotaAccounting(store, quotas, bookings);
        started = true;
    }

    /** Answers every request; throws only when something fails after the status line was sent, so that the transport breaks off. */
    @Override
    public void handle(ApiRequest asked, ApiResponse to) {
        List<String> warnings = new ArrayList<>(asked.user().remarks().warnings());
        ApiResponse response = new WarnedResponse(to, warnings);
        TrackedResponse tracked = new TrackedResponse(response);
        RequestInfo info = null;
        AuditEvent event = null;
        try {
            Query query = Query.parse(asked.query());
            info = RequestInfo.of(asked.method(), asked.path(), query);
            event = received(asked, info);
            tracked = event == null ? tracked : new TrackedResponse(new AuditedResponse(response, event));
            route(impersonated(asked, event), info, query, tracked, event, warnings);
        } catch (ApiException e) {
            fail(asked, tracked, e, e);
        } catch (WithheldException e) {
            // told once, where it was met
            fail(asked, tracked, ApiException.internal(e.getMessage()), e);
        } catch (DatastoreException e) {
            LOG.log(System.Logger.Level.ERROR, asked.method() + " " + asked.path() + ": " + e.getMessage(), e);
            fail(asked, tracked, ApiException.internal(e.getMessage()), e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, asked.method() + " " + asked.path() + " failed", e);
            fail(asked, tracked, ApiException.internal(e.toString()), e);
        } finally {
            if (event != null) {
                event.complete();
            }
            if (info != null) {
                metrics.answered(info.verb(), info.isResource() ? types.find(info.group(), info.version(), info.resource()) : null, tracked.code());
            }
        }
    }

    @Override
    public void refused(ApiRequest request, List<String> attempted) {
        Auditor told = auditor;
        if (told == null) {
            return;
        }
        try {
            told.refused(request, info(request), attempted);
        } catch (ApiException e) {
            LOG.log(System.Logger.Level.DEBUG, "a request without good credentials is no request of the API either: {0}", e.getMessage());
        }
    }

    /** What follows a request for the audit log, or null. */
    private AuditEvent received(ApiRequest asked, RequestInfo info) {
        AuditEvent event = auditor == null ? null : auditor.received(asked, info);
        if (event != null) {
            event.annotate(asked.user().remarks().audit());
        }
        return event;
    }

    private ApiRequest impersonated(ApiRequest asked, AuditEvent event) {
        ApiRequest request = impersonation.apply(asked);
        if (event != null && request != asked) {
            event.impersonated(request.user());
        }
        return request;
    }

    /** As {@link Authorizer#require}, and tells the audit log how it was decided. */
    private void authorize(Attributes wanted, AuditEvent event) {
        try {
            Authorizer.Decision decision = authorizer.require(wanted);
            if (event != null) {
                event.annotate("authorization.k8s.io/decision", "allow");
                event.annotate("authorization.k8s.io/reason", decision.reason());
            }
        } catch (ApiException e) {
            if (event != null) {
                event.annotate("authorization.k8s.io/decision", "forbid");
            }
            throw e;
        }
    }

    private static void fail(ApiRequest asked, TrackedResponse response, ApiException told, RuntimeException cause) {
        if (response.code() != 0) {
            throw cause;
        }
        Responder.failure(response, told, asked.header("Accept"));
    }

    /** Tells of every request from now on what its policy says. */
    public void audit(Auditor to) {
        auditor = to;
    }

    /** Approves what nodes may ask for, and signs approved CertificateSigningRequests with the cluster's authorities, from now on. */
    public void signCertificates(ClusterPki pki) {
        signing = new CertificateSigning(this, cache, authorizer, pki);
    }

    /**
     * Passes requests for APIServices on to their servers from now on.
     *
     * @throws IOException when the front proxy's certificate cannot be read
     */
    public void aggregate(ClusterPki pki) throws IOException {
        aggregator = new Aggregator(this, store, types, proxyClient, pki);
    }

    /** Turns what a transport knows of a client into a user. */
    public Authenticator authenticator() {
        return authenticator;
    }

    /**
     * Leads clients in the cluster to this server beside the others on the datastore, from now on and until what is returned is closed. To a server that has
     * its datastore for itself they are led from its start: nothing is written.
     */
    public AutoCloseable advertise(ServerLeases.Times times) {
        return !datastore.isShared() || config.advertiseAddress() == null ? () -> { }
                : new ServerLeases(this, datastore, store, config.advertiseAddress(), config.securePort(), times);
    }

    /**
     * Passes requests for what runs on nodes of other servers on the datastore on to those, from now on. A server that has its datastore for itself knows of none.
     *
     * @throws IOException when the certificate for that cannot be made or read
     */
    public void reachOthers(ClusterPki pki) throws IOException {
        if (datastore.isShared() && config.advertiseAddress() != null) {
            pki.ensureServerClient();
            String authority = Base64.getEncoder().encodeToString(Files.readAllBytes(pki.serverCaCertificate()));
            peers = new PeerServers(store, nodes, proxyClient, new Endpoint.Trust(true, authority, false, pki.serverClientCertificate(), pki.serverClientKey()),
                    address -> !address.equals(config.advertiseAddress()) && ServerLeases.isAlive(cache, address), config.securePort());
        }
    }

    /**
     * Shows renewed certificates to the servers that requests are passed on to: those of APIServices, and others on the datastore.
     *
     * @throws IOException when they cannot be made or read
     */
    public void renewCertificates(ClusterPki pki) throws IOException {
        if (peers != null) {
            pki.ensureServerClient();
        }
        proxyClient.renewCertificates();
    }

    /** Issues tokens of service accounts. */
    public ServiceAccountTokens tokens() {
        return tokens;
    }

    /** {@link StreamAccess}: authorizes and admits exec, attach and port-forward, and finds their pod. */
    @Override
    public ObjectNode pod(ApiRequest asked, RequestInfo info) {
        return stream(asked, info, (request, query) -> {
            ObjectNode pod = store.tree("", "pods", info.namespace() + "/" + info.name());
            if (pod == null) {
                throw ApiException.notFound("", "pods", info.name());
            }
            pipeline.admitConnect(new Call(request, info, query, types.builtin("", "v1", "pods")));
            return pod;
        });
    }

    /** Takes over requests that want another protocol from the server of an APIService, of a pod, of a service's pod, or of a pod's node. */
    public UpgradeHandler remoteStreams() {
        return UpgradeHandler.firstOf(
                new RemoteStreams(path -> peers != null && peers.isTheirs(path),
                        asked -> stream(asked, info(asked), (request, query) -> peers.switchProtocols(request))),
                new RemoteStreams(path -> path.startsWith("/apis/") && aggregator != null && aggregator.isRemote(path),
                        asked -> stream(asked, info(asked), (request, query) -> aggregator.switchProtocols(request))),
                new RemoteStreams(ProxySubresource::isProxied, asked -> {
                    RequestInfo info = info(asked);
                    return stream(asked, info, (request, query) -> {
                        ServedType type = types.builtin(info.group(), info.version(), info.resource());
                        requireScope(type, info);
                        Call call = new Call(request, info, query, type);
                        Resources.check(call);
                        return proxies.switchProtocols(call);
                    });
                }));
    }

    private static RequestInfo info(ApiRequest asked) {
        return RequestInfo.of(asked.method(), asked.path(), Query.parse(asked.query()));
    }

    private <T> T stream(ApiRequest asked, RequestInfo info, BiFunction<ApiRequest, Query, T> open) {
        AuditEvent event = received(asked, info);
        int code = 101;
        try {
            ApiRequest request = impersonated(asked, event);
            Query query = Query.parse(asked.query());
            authorize(Attributes.of(request.user(), info, query), event);
            return open.apply(request, query);
        } catch (ApiException e) {
            code = e.code();
            throw e;
        } finally {
            if (event != null) {
                event.stream(code);
            }
        }
    }

    /** @param warnings what the answer, whatever it is, warns of; added to */
    private void route(ApiRequest request, RequestInfo info, Query query, ApiResponse response, AuditEvent event, List<String> warnings) {
        authorize(Attributes.of(request.user(), info, query), event);
        if (!info.isResource()) {
            if (!path(info, request, query, response) && !(aggregator != null && aggregator.serve(request, info, response))) {
                Responder.text(response, 404, "404 page not found\n");
            }
            return;
        }
        ServedType type = types.find(info.group(), info.version(), info.resource());
        boolean ours = type != null && !type.group().equals(ResourceMetrics.GROUP); // an APIService may put another metrics API in the place of this one
        if (!ours && aggregator != null && aggregator.serve(request, info, response)) {
            return;
        }
        if (type == null) {
            Responder.text(response, 404, "404 page not found\n");
            return;
        }
        requireScope(type, info);
        if (!type.strategy().deprecation().isEmpty()) {
            warnings.add(type.strategy().deprecation());
        }
        Call call = new Call(request, info, query, type);
        try {
            if (peers == null || !peers.serve(call, response)) {
                resources.serve(call, response);
            }
        } finally {
            if (event != null) {
                event.annotate(call.audit());
            }
        }
    }

    private static void requireScope(ServedType type, RequestInfo info) {
        if (!type.namespaced() && !info.namespace().isEmpty() && (info.within() || !type.is("", "namespaces"))) {
            // else a role in that namespace would give access to what belongs to the whole cluster
            throw ApiException.noSuchResource();
        }
    }

    /** Paths that are no resource. @return false when nothing serves this one */
    private boolean path(RequestInfo info, ApiRequest request, Query query, ApiResponse response) {
        if (!info.verb().equals("get") && !info.verb().equals("head")) {
            throw ApiException.methodNotAllowed();
        }
        switch (info.path()) {
            case "/version", "/version/" -> Responder.json(response, 200, version, List.of());
            case "/.well-known/openid-configuration" -> Responder.json(response, 200, tokens.configuration(), List.of());
            case "/openid/v1/jwks" -> Responder.json(response, 200, tokens.keySet(), List.of());
            case "/metrics" -> Responder.text(response, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.text(cache, types));
            default -> {
                return health.serve(info.path(), query, response) || discovery.serve(request, response) || openApi.serve(info.path(), request, response);
            }
        }
        return true;
    }

    @Override
    public void close() {
        closed = true;
        flowControl.close();
        cleanup.close();
        names.close();
        expiry.close();
        resources.close();
        accounting.close();
        if (aggregator != null) {
            aggregator.close();
        }
        if (signing != null) {
            signing.close();
        }
        webhooks.close();
        proxyClient.close();
        cache.close();
    }
}
