package io.skerry.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Roles and bindings of rbac.authorization.k8s.io, read from the watch cache; parsed forms are kept while the object is unchanged. */
public final class Rbac {
    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final String ACCOUNT_PREFIX = "system:serviceaccount:";

    private final WatchCache cache;
    private final Map<String, Parsed<Binding>> bindings = new ConcurrentHashMap<>();
    private final Map<String, Parsed<List<Rule>>> roles = new ConcurrentHashMap<>();

    private record Parsed<T>(Entry entry, T value) {
    }

    private record Subject(String kind, String name, String namespace) {
        boolean is(User user) {
            return switch (kind) {
                case "User" -> name.equals(user.name());
                case "Group" -> user.in(name);
                case "ServiceAccount" -> user.name().equals(ACCOUNT_PREFIX + namespace + ":" + name);
                default -> false;
            };
        }
    }

    private record Binding(List<Subject> subjects, String roleKind, String roleName) {
    }

    public Rbac(WatchCache cache) {
        this.cache = cache;
    }

    /** Why an action is allowed, or null when no rule allows it. */
    public String allowing(Attributes wanted) {
        for (Entry entry : cache.resource(GROUP, "clusterrolebindings").snapshot("").entries()) {
            Binding binding = binding("clusterrolebindings", entry, "");
            if (applies(binding, wanted.user()) && rules(binding, "").stream().anyMatch(r -> r.allows(wanted))) {
                return "RBAC: allowed by ClusterRoleBinding \"" + entry.name() + "\" of " + binding.roleKind() + " \"" + binding.roleName() + "\"";
            }
        }
        if (wanted.isResource() && !wanted.namespace().isEmpty()) {
            for (Entry entry : cache.resource(GROUP, "rolebindings").snapshot(wanted.namespace() + "/").entries()) {
                Binding binding = binding("rolebindings", entry, wanted.namespace());
                if (applies(binding, wanted.user()) && rules(binding, wanted.namespace()).stream().anyMatch(r -> r.allows(wanted))) {
                    return "RBAC: allowed by RoleBinding \"" + entry.name() + "/" + wanted.namespace() + "\" of " + binding.roleKind() + " \"" + binding.roleName() + "\"";
                }
            }
        }
        return null;
    }

    /** All rules that hold for a user, in a namespace or, with "", cluster-wide. */
    public List<Rule> rules(User user, String namespace) {
        List<Rule> all = new ArrayList<>();
        for (Entry entry : cache.resource(GROUP, "clusterrolebindings").snapshot("").entries()) {
            Binding binding = binding("clusterrolebindings", entry, "");
            if (applies(binding, user)) {
                all.addAll(rules(binding, ""));
            }
        }
        if (!namespace.isEmpty()) {
            for (Entry entry : cache.resource(GROUP, "rolebindings").snapshot(namespace + "/").entries()) {
                Binding binding = binding("rolebindings", entry, namespace);
                if (applies(binding, user)) {
                    all.addAll(rules(binding, namespace));
                }
            }
        }
        return all;
    }

    /** Whether the role that a roleRef names is there. */
    public boolean exists(String kind, String name, String namespace) {
        return role(kind, name, namespace) != null;
    }

    private Entry role(String kind, String name, String namespace) {
        return kind.equals("ClusterRole") ? cache.resource(GROUP, "clusterroles").get(name) : cache.resource(GROUP, "roles").get(namespace + "/" + name);
    }

    /** Rules of a role that a roleRef names; empty when it is not there. */
    public List<Rule> rulesOf(String kind, String name, String namespace) {
        Entry entry = role(kind, name, namespace);
        if (entry == null) {
            return List.of();
        }
        String plural = kind.equals("ClusterRole") ? "clusterroles" : "roles";
        return roles.compute(plural + "/" + entry.key(), (k, known) -> known != null && known.entry() == entry ? known
                : new Parsed<>(entry, rules(entry.tree()))).value();
    }

    /** The rules that a Role or ClusterRole holds. */
    public static List<Rule> rules(ObjectNode role) {
        List<Rule> rules = new ArrayList<>();
        role.path("rules").forEach(rule -> rules.add(Rule.of(rule)));
        return List.copyOf(rules);
    }

    private List<Rule> rules(Binding binding, String namespace) {
        return rulesOf(binding.roleKind(), binding.roleName(), namespace);
    }

    private static boolean applies(Binding binding, User user) {
        return binding.subjects().stream().anyMatch(s -> s.is(user));
    }

    private Binding binding(String plural, Entry entry, String namespace) {
        return bindings.compute(plural + "/" + entry.key(), (k, known) -> known != null && known.entry() == entry ? known
                : new Parsed<>(entry, parse(entry.tree(), namespace))).value();
    }

    private static Binding parse(ObjectNode binding, String namespace) {
        List<Subject> subjects = new ArrayList<>();
        for (JsonNode subject : binding.path("subjects")) {
            String in = Json.text(subject, "namespace");
            subjects.add(new Subject(Json.text(subject, "kind"), Json.text(subject, "name"), in.isEmpty() ? namespace : in));
        }
        return new Binding(subjects, Json.text(binding, "roleRef", "kind"), Json.text(binding, "roleRef", "name"));
    }
}
