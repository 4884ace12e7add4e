package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.SuccessPolicyRule;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** {@code spec.successPolicy}: which indexes of an Indexed Job are enough (KEP-3998). */
final class SuccessPolicies {
    private SuccessPolicies() {}

    /**
     * @param succeeded the indexes that are done
     * @return which rule is met, in words for the Job's condition; empty when none is
     */
    static Optional<String> met(Job job, BitSet succeeded) {
        if (job.getSpec().getSuccessPolicy() == null || succeeded.isEmpty()) return Optional.empty();
        List<SuccessPolicyRule> rules = job.getSpec().getSuccessPolicy().getRules();
        for (int i = 0; i < rules.size(); i++) {
            if (isMet(rules.get(i), succeeded, job.getSpec().getCompletions())) return Optional.of("Matched rules at index " + i);
        }
        return Optional.empty();
    }

    private static boolean isMet(SuccessPolicyRule rule, BitSet succeeded, int completions) {
        Integer count = rule.getSucceededCount();
        if (rule.getSucceededIndexes() == null) return count != null && succeeded.cardinality() >= count;
        BitSet wanted = CompletionIndexes.parse(rule.getSucceededIndexes(), completions);
        int all = wanted.cardinality();
        wanted.and(succeeded);
        return all > 0 && wanted.cardinality() >= (count == null ? all : Math.min(all, count));
    }
}
