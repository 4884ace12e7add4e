package io.skerry.apiserver.authz;

import io.skerry.apiserver.User;
import io.skerry.apiserver.status.ApiException;

/** Decides whether a user may do something: system:masters everything, nodes what nodes need, everyone what RBAC rules say. */
public final class Authorizer {
    private final Rbac rbac;

    public Authorizer(Rbac rbac) {
        this.rbac = rbac;
    }

    /** @param reason why it is allowed; "" when it is not */
    public record Decision(boolean allowed, String reason) {
    }

    public Decision decide(Attributes wanted) {
        if (wanted.user().in(User.MASTERS)) {
            return new Decision(true, "");
        }
        if (NodeRule.allows(wanted)) {
            return new Decision(true, "Node: allowed as a node's own");
        }
        String reason = rbac.allowing(wanted);
        return new Decision(reason != null, reason == null ? "" : reason);
    }

    public boolean allows(Attributes wanted) {
        return decide(wanted).allowed();
    }

    /** @throws ApiException 403 in upstream's words */
    public void require(Attributes wanted) {
        if (allows(wanted)) {
            return;
        }
        String user = "User \"" + wanted.user().name() + "\" cannot " + wanted.verb();
        if (!wanted.isResource()) {
            throw ApiException.forbiddenPath(user + " path \"" + wanted.path() + "\"");
        }
        throw ApiException.forbidden(wanted.group(), wanted.resource(), wanted.name(), user + " resource \"" + wanted.qualifiedResource() + "\" in API group \""
                + wanted.group() + "\" " + (wanted.namespace().isEmpty() ? "at the cluster scope" : "in the namespace \"" + wanted.namespace() + "\""));
    }
}
