package io.skerry.apiserver.authz;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.User;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Nobody grants what they do not have: who writes a role or a binding must hold its permissions, or the verbs escalate or bind (RBAC's privilege
 * escalation prevention).
 */
public final class Escalation implements Admission {
    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final Set<String> ROLES = Set.of("roles", "clusterroles");
    private static final Set<String> BINDINGS = Set.of("rolebindings", "clusterrolebindings");

    private static final List<String> FREE_METADATA = List.of("finalizers", "ownerReferences", "managedFields", "resourceVersion");

    /** What an aggregationRule may come to grant: whatever any labelled role, also one yet to be written, holds. */
    private static final List<Rule> FULL_AUTHORITY = List.of(new Rule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()),
            new Rule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));

    private final Rbac rbac;
    private final Authorizer authorizer;

    public Escalation(Rbac rbac, Authorizer authorizer) {
        this.rbac = rbac;
        this.authorizer = authorizer;
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        User user = call.user();
        String plural = call.type().plural();
        if (operation == Operation.DELETE || !call.type().group().equals(GROUP) || user.in(User.MASTERS) || operation == Operation.UPDATE && grantsTheSame(object, old)) {
            return;
        }
        String namespace = call.type().namespaced() ? call.info().namespace() : "";
        String name = Json.text(object, "metadata", "name");
        List<Rule> granted;
        if (ROLES.contains(plural)) {
            if (authorizer.allows(Attributes.resource(user, "escalate", GROUP, plural, name, namespace))) {
                return;
            }
            granted = Rbac.rules(object);
        } else if (BINDINGS.contains(plural)) {
            String kind = Json.text(object, "roleRef", "kind");
            String role = Json.text(object, "roleRef", "name");
            if (authorizer.allows(Attributes.resource(user, "bind", GROUP, kind.equals("ClusterRole") ? "clusterroles" : "roles", role, namespace))) {
                return;
            }
            if (!kind.equals("ClusterRole") && !kind.equals("Role")) {
                return; // validation refuses it
            }
            if (!rbac.exists(kind, role, namespace)) {
                // it may come to hold anything, and would be bound already
                throw ApiException.notFound(GROUP, kind.equals("ClusterRole") ? "clusterroles" : "roles", role);
            }
            granted = rbac.rulesOf(kind, role, namespace);
        } else {
            return;
        }
        List<Rule> missing = new ArrayList<>();
        for (Rule rule : granted) {
            missing.addAll(notHeld(user, namespace, rule));
        }
        if (!missing.isEmpty()) {
            throw ApiException.forbidden(GROUP, plural, name, "user \"" + user.name() + "\" (groups=[" + String.join(" ", user.groups().stream()
                    .map(g -> "\"" + g + "\"").toList()) + "]) is attempting to grant RBAC permissions not currently held:\n"
                    + String.join("\n", missing.stream().map(Rule::toString).toList()));
        }
        if (plural.equals("clusterroles") && (aggregates(object) || operation == Operation.UPDATE && aggregates(old))
                && FULL_AUTHORITY.stream().anyMatch(rule -> !notHeld(user, namespace, rule).isEmpty())) {
            throw ApiException.forbidden(GROUP, plural, name, "must have cluster-admin privileges to use the aggregationRule");
        }
    }

    /**
     * As upstream, an update of nothing but what deletion waits for and owners decide is free, so that who cleans up needs no rights. Anything else is not: a
     * label alone draws a ClusterRole into the aggregates that select it.
     */
    private static boolean grantsTheSame(ObjectNode object, ObjectNode old) {
        return granting(object).equals(granting(old));
    }

    private static ObjectNode granting(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        ((ObjectNode) copy.get("metadata")).remove(FREE_METADATA);
        return copy;
    }

    private static boolean aggregates(ObjectNode role) {
        return !Json.at(role, "aggregationRule", "clusterRoleSelectors").isEmpty();
    }

    /** The single permissions of a rule that the user has not. */
    private List<Rule> notHeld(User user, String namespace, Rule rule) {
        return rule.notIn(rbac.rules(user, namespace));
    }
}
