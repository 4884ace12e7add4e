package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.List;

/**
 * Roles for components, of nodes that join and of add-ons (bootstrappolicy's cluster roles). Who presents a bootstrap token may ask for a node's
 * certificate and gets it, and nodes may renew theirs, as kubeadm binds it.
 */
final class SystemRoles {
    private static final String CERTIFICATES = "certificates.k8s.io";
    private static final String SIGNING = "system:certificates.k8s.io:certificatesigningrequests:";
    private static final List<String> READ = List.of("get", "list", "watch");

    private SystemRoles() {
    }

    /** ClusterRoles, then ClusterRoleBindings. */
    static List<ObjectNode> all() {
        ObjectNode bootstrapper = Roles.rule(Roles.role("system:node-bootstrapper"), CERTIFICATES, List.of("certificatesigningrequests"),
                List.of("create", "get", "list", "watch"));
        ObjectNode delegator = Roles.rule(Roles.role("system:auth-delegator"), "authentication.k8s.io", List.of("tokenreviews"), List.of("create"));
        Roles.rule(delegator, "authorization.k8s.io", List.of("subjectaccessreviews"), List.of("create"));
        ObjectNode issuer = Roles.role("system:service-account-issuer-discovery");
        Roles.paths(issuer, List.of("/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/"), List.of("get"));
        ObjectNode monitoring = Roles.role("system:monitoring");
        Roles.paths(monitoring, List.of("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*"), List.of("get"));
        ObjectNode kubelet = Roles.rule(Roles.role("system:kubelet-api-admin"), "", List.of("nodes"), READ);
        Roles.rule(kubelet, "", List.of("nodes"), List.of("proxy"));
        Roles.rule(kubelet, "", List.of("nodes/log", "nodes/metrics", "nodes/proxy", "nodes/stats"), List.of("*"));
        Roles.rule(kubelet, "", List.of("nodes/configz", "nodes/healthz", "nodes/pods"), List.of("*")); // KEP-2862
        ObjectNode proxier = Roles.rule(Roles.role("system:node-proxier"), "", List.of("endpoints", "services"), List.of("list", "watch"));
        Roles.rule(proxier, "", List.of("nodes"), READ);
        Roles.rule(proxier, "", List.of("events"), List.of("create", "patch", "update"));
        Roles.rule(proxier, "events.k8s.io", List.of("events"), List.of("create", "patch", "update"));
        Roles.rule(proxier, "discovery.k8s.io", List.of("endpointslices"), List.of("list", "watch"));
        Roles.rule(proxier, "networking.k8s.io", List.of("servicecidrs"), List.of("list", "watch"));
        ObjectNode metrics = Roles.rule(Roles.role("system:aggregated-metrics-reader"), "metrics.k8s.io", List.of("pods", "nodes"), READ);
        for (String wider : List.of("view", "edit", "admin")) {
            Json.ensureObject(metrics, "metadata", "labels").put("rbac.authorization.k8s.io/aggregate-to-" + wider, "true");
        }
        return List.of(bootstrapper, approved("nodeclient"), approved("selfnodeclient"), delegator, issuer, monitoring, kubelet, proxier, metrics,
                Roles.binding("system:node-bootstrapper", "system:bootstrappers"),
                Roles.binding(SIGNING + "nodeclient", "system:bootstrappers"),
                Roles.binding(SIGNING + "selfnodeclient", "system:nodes"),
                Roles.binding("system:service-account-issuer-discovery", "system:serviceaccounts"),
                Roles.binding("system:monitoring", "system:monitoring"),
                Roles.userBinding("system:node-proxier", "system:kube-proxy"));
    }

    /** The right to have such requests approved by the csrapproving controller. */
    private static ObjectNode approved(String kind) {
        return Roles.rule(Roles.role(SIGNING + kind), CERTIFICATES, List.of("certificatesigningrequests/" + kind), List.of("create"));
    }
}
