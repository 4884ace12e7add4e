package io.skerry.gitops;

import io.skerry.gitops.GitOpsStatus.Problem;
import java.util.List;

/**
 * What a running agent thinks of the newest commit that it has fetched and looked at.
 *
 * @param commit   "" before it has looked at one since it was started
 * @param problems why that one is refused, cannot be applied or cannot be kept to; not what is unhealthy in it, and not what an earlier run said
 */
public record Verdict(String commit, List<Problem> problems) {
    static final Verdict NONE = new Verdict("", List.of());
}
