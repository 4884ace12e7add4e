package io.skerry.controllers.rbac;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.LabelSelectors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Fills ClusterRoles that have an aggregationRule with the rules of the roles which it selects. */
public final class ClusterRoleAggregationController implements Controller {
    private final Informers informers;

    public ClusterRoleAggregationController(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "clusterrole-aggregation-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(ClusterRole.class), Watch.each(ClusterRole.class, this::aggregating)); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(ClusterRole.class); }

    private Collection<Key> aggregating(ClusterRole role) {
        return informers.list(ClusterRole.class).stream().filter(r -> selects(r, role)).map(Key::of).toList();
    }

    private static boolean selects(ClusterRole aggregate, ClusterRole role) {
        if (aggregate.getAggregationRule() == null || aggregate.getMetadata().getName().equals(role.getMetadata().getName())) return false;
        for (LabelSelector s : aggregate.getAggregationRule()
            .getClusterRoleSelectors()) if (LabelSelectors.matches(s, role.getMetadata().getLabels())) return true;
        return false;
    }

    @Override public void reconcile(Key key) {
        ClusterRole role = informers.get(ClusterRole.class, key);
        if (role == null || role.getAggregationRule() == null) return;
        List<PolicyRule> rules = new ArrayList<>();
        informers.list(ClusterRole.class).stream().filter(r -> selects(role, r)).sorted(Comparator.comparing(r -> r.getMetadata().getName()))
            .forEach(r -> r.getRules().forEach(rule -> { if (!rules.contains(rule)) rules.add(rule); }));
        if (rules.equals(role.getRules())) return;
        informers.awaitSeen(informers.client().rbac().clusterRoles().resource(new ClusterRoleBuilder(role).withRules(rules).build()).update());
    }
}
