package io.skerry.apiserver.authz;

import io.skerry.apiserver.User;

/** Whose credential a node's is: CN system:node:NAME, O system:nodes (k8s.io/kubernetes, pkg/auth/nodeidentifier). */
public final class Nodes {
    private static final String PREFIX = "system:node:";
    private static final String GROUP = "system:nodes";

    private Nodes() {
    }

    /** The node's name, or null when the user is no node. */
    public static String name(User user) {
        return user.in(GROUP) && user.name().startsWith(PREFIX) ? user.name().substring(PREFIX.length()) : null;
    }
}
