package io.skerry.apiserver.authz;

import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.status.ApiException;
import java.util.Set;

/** Decides whether a user may do something: system:masters everything, nodes what nodes need, everyone what RBAC rules say. */
public final class Authorizer {
    private final Rbac rbac;

    private final NodeAuthorizer nodes;

    /** @param podFields the paths of all selectable fields of pods */
    public Authorizer(Rbac rbac, WatchCache cache, Set<String> podFields) {
        this.rbac = rbac;
        this.nodes = new NodeAuthorizer(new NodeGraph(cache, podFields));
    }

    /** @param reason why it is allowed; when it is not, what the node authorizer says against it, or "" */
    public record Decision(boolean allowed, String reason) {
    }

    public Decision decide(Attributes wanted) {
        if (wanted.user().in(User.MASTERS)) {
            return new Decision(true, "");
        }
        String node = Nodes.name(wanted.user());
        String refusal = node == null ? "" : nodes.refusal(node, wanted);
        if (refusal == null) {
            return new Decision(true, "");
        }
        String reason = rbac.allowing(wanted);
        return reason != null ? new Decision(true, reason) : new Decision(false, refusal);
    }

    public boolean allows(Attributes wanted) {
        return decide(wanted).allowed();
    }

    /** @throws ApiException 403 in upstream's words */
    public Decision require(Attributes wanted) {
        Decision decision = decide(wanted);
        if (decision.allowed()) {
            return decision;
        }
        String why = decision.reason().isEmpty() ? "" : ": " + decision.reason();
        String user = "User \"" + wanted.user().name() + "\" cannot " + wanted.verb();
        if (!wanted.isResource()) {
            throw ApiException.forbiddenPath(user + " path \"" + wanted.path() + "\"" + why);
        }
        throw ApiException.forbidden(wanted.group(), wanted.resource(), wanted.name(), user + " resource \"" + wanted.qualifiedResource() + "\" in API group \""
                + wanted.group() + "\" " + (wanted.namespace().isEmpty() ? "at the cluster scope" : "in the namespace \"" + wanted.namespace() + "\"") + why);
    }
}
