package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * What each of kube-controller-manager's controllers may do, bound to its service account in kube-system (bootstrappolicy's controller roles of 1.33, with the
 * feature gates that are on by default). The controllers here are a part of the server and need none of these; tools look at them, and a controller that runs
 * in a pod under upstream's name gets upstream's rights.
 */
final class ControllerRoles {
    private static final String PREFIX = "system:controller:";

    private static final String TABLE = """
            system:controller:attachdetach-controller
              core persistentvolumeclaims,persistentvolumes list,watch
              core nodes read
              core nodes/status patch,update
              core pods list,watch
              events
              storage.k8s.io volumeattachments create,delete,get,list,watch
              storage.k8s.io csidrivers read
              storage.k8s.io csinodes read
            system:controller:certificate-controller
              certificates.k8s.io certificatesigningrequests delete,get,list,watch
              certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status update
              certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet
              certificates.k8s.io signers sign \
            kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
              authorization.k8s.io subjectaccessreviews create
              events
            system:controller:clusterrole-aggregation-controller
              rbac.authorization.k8s.io clusterroles escalate,get,list,patch,update,watch
            system:controller:cronjob-controller
              batch cronjobs get,list,update,watch
              batch jobs create,delete,get,list,patch,update,watch
              batch cronjobs/status update
              batch cronjobs/finalizers update
              core pods delete,list,watch
              events
            system:controller:daemon-set-controller
              apps,extensions daemonsets read
              apps,extensions daemonsets/status update
              apps,extensions daemonsets/finalizers update
              core nodes list,watch
              core pods create,delete,list,patch,watch
              core pods/binding create
              apps controllerrevisions create,delete,get,list,patch,update,watch
              events
            system:controller:deployment-controller
              apps,extensions deployments get,list,update,watch
              apps,extensions deployments/status update
              apps,extensions deployments/finalizers update
              apps,extensions replicasets create,delete,get,list,patch,update,watch
              core pods get,list,update,watch
              events
            system:controller:disruption-controller
              apps,extensions deployments read
              apps,extensions replicasets read
              core replicationcontrollers read
              policy poddisruptionbudgets read
              apps statefulsets read
              policy poddisruptionbudgets/status update
              core pods/status patch,update
              * */scale get
              events
            system:controller:endpoint-controller
              core pods,services read
              core endpoints create,delete,get,list,update,watch
              core endpoints/restricted create
              events
            system:controller:endpointslice-controller
              core nodes,pods,services read
              core services/finalizers update
              discovery.k8s.io endpointslices create,delete,get,list,update,watch
              events
            system:controller:endpointslicemirroring-controller
              core endpoints,services read
              core services/finalizers update
              core endpoints/finalizers update
              discovery.k8s.io endpointslices create,delete,get,list,update,watch
              events
            system:controller:ephemeral-volume-controller
              core pods read
              core pods/finalizers update
              core persistentvolumeclaims create,get,list,watch
              events
            system:controller:expand-controller
              core persistentvolumes get,list,patch,update,watch
              core persistentvolumeclaims/status patch,update
              core persistentvolumeclaims read
              events
            system:controller:generic-garbage-collector
              * * delete,get,list,patch,update,watch
              events
            system:controller:horizontal-pod-autoscaler
              autoscaling horizontalpodautoscalers read
              autoscaling horizontalpodautoscalers/status update
              * */scale get,update
              core pods list,watch
              metrics.k8s.io pods list,watch
              custom.metrics.k8s.io * read
              external.metrics.k8s.io * read
              events
            system:controller:job-controller
              batch jobs get,list,patch,update,watch
              batch jobs/status update
              batch jobs/finalizers update
              core pods create,delete,list,patch,watch
              events
            system:controller:legacy-service-account-token-cleaner
              core configmaps get kube-apiserver-legacy-service-account-token-tracking
              core secrets delete,patch
            system:controller:namespace-controller
              core namespaces delete,get,list,watch
              core namespaces/finalize,namespaces/status update
              * * delete,deletecollection,get,list,watch
            system:controller:node-controller
              core nodes delete,get,list,patch,update,watch
              core nodes/status patch,update
              core pods/status patch,update
              core pods delete,get,list,watch
              events
            system:controller:persistent-volume-binder
              core persistentvolumes create,delete,get,list,update,watch
              core persistentvolumes/status update
              core persistentvolumeclaims get,list,update,watch
              core persistentvolumeclaims/status update
              core pods create,delete,get,list,watch
              storage.k8s.io storageclasses read
              core nodes list,watch
              events
              core events watch
            system:controller:pod-garbage-collector
              core pods delete,list,watch
              core nodes read
              core pods/status patch
            system:controller:pv-protection-controller
              core persistentvolumes get,list,update,watch
              events
            system:controller:pvc-protection-controller
              core persistentvolumeclaims get,list,update,watch
              core pods read
              events
            system:controller:replicaset-controller
              apps,extensions replicasets get,list,update,watch
              apps,extensions replicasets/status update
              apps,extensions replicasets/finalizers update
              core pods create,delete,list,patch,watch
              events
            system:controller:replication-controller
              core replicationcontrollers get,list,update,watch
              core replicationcontrollers/status update
              core replicationcontrollers/finalizers update
              core pods create,delete,list,patch,watch
              events
            system:controller:resourcequota-controller
              * * list,watch
              core resourcequotas/status update
              events
            system:controller:root-ca-cert-publisher
              core configmaps create,update
              events
            system:controller:route-controller
              core nodes list,watch
              core nodes/status patch
              events
            system:controller:selinux-warning-controller
              events
              core persistentvolumes read
              core persistentvolumeclaims read
              core pods read
              storage.k8s.io csidrivers read
            system:controller:service-account-controller
              core serviceaccounts create
              events
            system:controller:service-cidrs-controller
              networking.k8s.io servicecidrs get,list,patch,update,watch
              networking.k8s.io servicecidrs/finalizers patch,update
              networking.k8s.io servicecidrs/status patch,update
              networking.k8s.io ipaddresses read
              events
            system:controller:service-controller
              core services read
              core services/status patch,update
              core nodes list,watch
              events
            system:controller:statefulset-controller
              core pods list,watch
              apps statefulsets read
              apps statefulsets/status update
              apps statefulsets/finalizers update
              core pods create,delete,get,patch,update
              apps controllerrevisions create,delete,get,list,patch,update,watch
              core persistentvolumeclaims create,get,list,watch
              core persistentvolumeclaims delete,update
              core pods/finalizers update
              events
            system:controller:ttl-after-finished-controller
              batch jobs delete,get,list,watch
              events
            system:controller:ttl-controller
              core nodes list,patch,update,watch
              events
            system:controller:validatingadmissionpolicy-status-controller
              admissionregistration.k8s.io validatingadmissionpolicies read
              admissionregistration.k8s.io validatingadmissionpolicies/status get,patch,update
              events
            """;

    private ControllerRoles() {
    }

    /** ClusterRoles, then ClusterRoleBindings. */
    static List<ObjectNode> all() {
        List<ObjectNode> roles = RoleTable.roles(TABLE);
        List<ObjectNode> all = new ArrayList<>(roles);
        for (ObjectNode role : roles) {
            String name = Json.text(role, "metadata", "name");
            all.add(Roles.binding(name, Roles.account(name.substring(PREFIX.length()))));
        }
        return all;
    }
}
