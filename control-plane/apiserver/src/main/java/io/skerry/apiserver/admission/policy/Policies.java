package io.skerry.apiserver.admission.policy;

import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All policies that are bound, with their bindings. A policy is compiled once a version of it. */
final class Policies {
    private static final String GROUP = "admissionregistration.k8s.io";
    private static final String POLICIES = "validatingadmissionpolicies";
    private static final String BINDINGS = "validatingadmissionpolicybindings";

    private final Store store;
    private volatile Known known = new Known(-1, -1, List.of());
    private Map<String, Compiled> compiled = new HashMap<>();

    record Bound(Policy policy, List<Binding> bindings) {
    }

    private record Known(long policies, long bindings, List<Bound> bound) {
    }

    private record Compiled(Entry entry, Policy policy) {
    }

    Policies(Store store) {
        this.store = store;
    }

    /** Policies and bindings, which are never up to a policy: a bad one could not be mended. Webhook configurations are. */
    static boolean isPolicy(ServedType type) {
        return type.is(GROUP, POLICIES) || type.is(GROUP, BINDINGS);
    }

    List<Bound> all() {
        ResourceCache policies = store.cache().resource(GROUP, POLICIES);
        ResourceCache bindings = store.cache().resource(GROUP, BINDINGS);
        Known now = known;
        if (now.policies() != policies.lastRevision() || now.bindings() != bindings.lastRevision()) {
            now = read(policies, bindings);
        }
        return now.bound();
    }

    private synchronized Known read(ResourceCache policies, ResourceCache bindings) {
        long policyRevision = policies.lastRevision();
        long bindingRevision = bindings.lastRevision();
        Map<String, List<Binding>> byPolicy = new HashMap<>();
        for (Entry entry : bindings.snapshot("").entries()) {
            Binding binding = Binding.of(entry.tree());
            byPolicy.computeIfAbsent(binding.policy(), p -> new ArrayList<>()).add(binding);
        }
        Map<String, Compiled> next = new HashMap<>();
        List<Bound> bound = new ArrayList<>();
        for (Entry entry : policies.snapshot("").entries()) {
            List<Binding> its = byPolicy.get(entry.name());
            if (its != null) {
                Compiled before = compiled.get(entry.name());
                Compiled now = before != null && before.entry() == entry ? before : new Compiled(entry, Policy.of(entry.tree()));
                next.put(entry.name(), now);
                bound.add(new Bound(now.policy(), its));
            }
        }
        compiled = next;
        known = new Known(policyRevision, bindingRevision, List.copyOf(bound));
        return known;
    }
}
