package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Roles of Kubernetes' own components, of nodes that join and of add-ons (bootstrappolicy's cluster roles of 1.33, with the feature gates that are on by
 * default). Here the components are all one process, but what comes from elsewhere is bound to these: a second scheduler to system:kube-scheduler and
 * system:volume-scheduler, a provisioner, a node problem detector, approvers of certificates. The last role is the metrics server's, whose API is served here.
 * Who presents a bootstrap token may ask for a node's certificate and gets it, and nodes may renew theirs, as kubeadm binds it.
 */
final class ComponentRoles {
    private static final String SIGNING = "system:certificates.k8s.io:certificatesigningrequests:";
    private static final String MANAGER = "system:kube-controller-manager";
    private static final String SCHEDULER = "system:kube-scheduler";

    private static final String TABLE = """
            cluster-admin
              * * *
              paths * *
            system:auth-delegator
              authentication.k8s.io tokenreviews create
              authorization.k8s.io subjectaccessreviews create
            system:basic-user
              authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews create
              authentication.k8s.io selfsubjectreviews create
            system:certificates.k8s.io:certificatesigningrequests:nodeclient
              certificates.k8s.io certificatesigningrequests/nodeclient create
            system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
              certificates.k8s.io certificatesigningrequests/selfnodeclient create
            system:certificates.k8s.io:kube-apiserver-client-approver
              certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client
            system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
              certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet
            system:certificates.k8s.io:kubelet-serving-approver
              certificates.k8s.io signers approve kubernetes.io/kubelet-serving
            system:certificates.k8s.io:legacy-unknown-approver
              certificates.k8s.io signers approve kubernetes.io/legacy-unknown
            system:discovery
              paths /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/ get
            system:heapster
              core events,namespaces,nodes,pods read
              extensions deployments read
            system:kube-aggregator
              core endpoints,services read
            system:kube-controller-manager
              events
              coordination.k8s.io leases create
              coordination.k8s.io leases get,update kube-controller-manager
              core secrets,serviceaccounts create
              core secrets delete
              core configmaps,namespaces,secrets,serviceaccounts get
              core secrets,serviceaccounts update
              authentication.k8s.io tokenreviews create
              authorization.k8s.io subjectaccessreviews create
              * * list,watch
              core serviceaccounts/token create
            system:kube-dns
              core endpoints,services list,watch
            system:kube-scheduler
              events
              coordination.k8s.io leases create
              coordination.k8s.io leases get,list,update,watch kube-scheduler
              coordination.k8s.io leasecandidates read,write
              core nodes read
              core pods delete,get,list,watch
              core bindings,pods/binding create
              core pods/status patch,update
              core replicationcontrollers,services read
              apps,extensions replicasets read
              apps statefulsets read
              policy poddisruptionbudgets read
              core persistentvolumeclaims,persistentvolumes read
              authentication.k8s.io tokenreviews create
              authorization.k8s.io subjectaccessreviews create
              storage.k8s.io csinodes read
              storage.k8s.io volumeattachments read
              core namespaces read
              storage.k8s.io csidrivers read
              storage.k8s.io csistoragecapacities read
            system:kubelet-api-admin
              core nodes read
              core nodes proxy
              core nodes/log,nodes/metrics,nodes/proxy,nodes/stats *
              core nodes/configz,nodes/healthz,nodes/pods *
            system:monitoring
              paths /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/* get
            system:node
              authentication.k8s.io tokenreviews create
              authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews create
              core services read
              core nodes create,get,list,watch
              core nodes/status patch,update
              core nodes patch,update
              core events create,patch,update
              core pods read
              core pods create,delete
              core pods/status patch,update
              core pods/eviction create
              core configmaps,secrets read
              core persistentvolumeclaims,persistentvolumes get
              core endpoints get
              certificates.k8s.io certificatesigningrequests create,get,list,watch
              coordination.k8s.io leases create,delete,get,patch,update
              storage.k8s.io volumeattachments get
              core serviceaccounts/token create
              core persistentvolumeclaims/status get,patch,update
              storage.k8s.io csidrivers read
              storage.k8s.io csinodes create,delete,get,patch,update
              node.k8s.io runtimeclasses read
            system:node-bootstrapper
              certificates.k8s.io certificatesigningrequests create,get,list,watch
            system:node-problem-detector
              core nodes get
              core nodes/status patch
              events
            system:node-proxier
              core endpoints,services list,watch
              core nodes read
              events
              networking.k8s.io servicecidrs list,watch
              discovery.k8s.io endpointslices list,watch
            system:persistent-volume-provisioner
              core persistentvolumes create,delete,get,list,watch
              core persistentvolumeclaims get,list,update,watch
              storage.k8s.io storageclasses read
              core events watch
              events
            system:public-info-viewer
              paths /healthz,/livez,/readyz,/version,/version/ get
            system:service-account-issuer-discovery
              paths /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/ get
            system:volume-scheduler
              core persistentvolumes get,list,patch,update,watch
              storage.k8s.io storageclasses read
              core persistentvolumeclaims get,list,patch,update,watch
            system:aggregated-metrics-reader
              metrics.k8s.io nodes,pods read
            """;

    private ComponentRoles() {
    }

    /** ClusterRoles, then ClusterRoleBindings. */
    static List<ObjectNode> all() {
        List<ObjectNode> all = new ArrayList<>(RoleTable.roles(TABLE));
        Roles.forAllUsers(all.getLast());
        ObjectNode known = Roles.group("system:authenticated");
        all.add(Roles.binding("cluster-admin", Roles.group("system:masters")));
        all.add(Roles.binding("system:monitoring", Roles.group("system:monitoring")));
        all.add(Roles.binding("system:discovery", known));
        all.add(Roles.binding("system:basic-user", known));
        all.add(Roles.binding("system:public-info-viewer", known, Roles.group("system:unauthenticated")));
        all.add(Roles.binding("system:node-proxier", Roles.user("system:kube-proxy")));
        all.add(Roles.binding(MANAGER, Roles.user(MANAGER)));
        all.add(Roles.binding("system:kube-dns", Roles.account("kube-dns")));
        all.add(Roles.binding(SCHEDULER, Roles.user(SCHEDULER)));
        all.add(Roles.binding("system:volume-scheduler", Roles.user(SCHEDULER)));
        all.add(Roles.binding("system:node")); // of nobody: nodes are authorized one by one
        all.add(Roles.binding("system:service-account-issuer-discovery", Roles.group("system:serviceaccounts")));
        all.add(Roles.binding("system:node-bootstrapper", Roles.group("system:bootstrappers")));
        all.add(Roles.binding(SIGNING + "nodeclient", Roles.group("system:bootstrappers")));
        all.add(Roles.binding(SIGNING + "selfnodeclient", Roles.group("system:nodes")));
        return all;
    }
}
