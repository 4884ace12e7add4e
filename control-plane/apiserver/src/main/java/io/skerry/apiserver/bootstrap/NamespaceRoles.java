package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Roles within kube-system and kube-public (bootstrappolicy's namespace roles). Servers of APIServices, whose charts bind the first, read with it how this
 * server tells them who asks.
 */
final class NamespaceRoles {
    private static final String READER = "kube-system/extension-apiserver-authentication-reader";
    private static final String MANAGER = "kube-system/system::leader-locking-kube-controller-manager";
    private static final String SCHEDULER = "kube-system/system::leader-locking-kube-scheduler";

    private static final String TABLE = """
            kube-system/extension-apiserver-authentication-reader
              core configmaps read extension-apiserver-authentication
            kube-system/system::leader-locking-kube-controller-manager
              core configmaps watch
              core configmaps get,update kube-controller-manager
              coordination.k8s.io leases create,get,list,update,watch
            kube-system/system::leader-locking-kube-scheduler
              core configmaps watch
              core configmaps get,update kube-scheduler
            kube-system/system:controller:bootstrap-signer
              core secrets read
            kube-system/system:controller:cloud-provider
              core configmaps create,get,list,watch
            kube-system/system:controller:token-cleaner
              core secrets delete,get,list,watch
              events
            kube-public/system:controller:bootstrap-signer
              core configmaps read
              core configmaps update cluster-info
              events
            """;

    private NamespaceRoles() {
    }

    /** Roles, then RoleBindings. */
    static List<ObjectNode> all() {
        List<ObjectNode> all = new ArrayList<>(RoleTable.roles(TABLE));
        ObjectNode manager = Roles.user("system:kube-controller-manager");
        ObjectNode scheduler = Roles.user("system:kube-scheduler");
        ObjectNode reader = Roles.binding(READER, manager, scheduler);
        ((ObjectNode) reader.get("metadata")).put("name", "system::extension-apiserver-authentication-reader");
        all.add(reader);
        all.add(Roles.binding(MANAGER, manager, Roles.account("kube-controller-manager"), Roles.account("leader-election-controller")));
        all.add(Roles.binding(SCHEDULER, scheduler, Roles.account("kube-scheduler")));
        for (String name : List.of("bootstrap-signer", "cloud-provider", "token-cleaner")) {
            all.add(Roles.binding("kube-system/system:controller:" + name, Roles.account(name)));
        }
        all.add(Roles.binding("kube-public/system:controller:bootstrap-signer", Roles.account("bootstrap-signer")));
        return all;
    }
}
