package io.skerry.apiserver.audit;

import io.skerry.apiserver.User;
import io.skerry.apiserver.request.RequestInfo;
import java.util.List;
import java.util.Set;

/**
 * One rule of a policy; empty lists match everything (audit.k8s.io/v1 PolicyRule).
 *
 * @param resources         of the groups; empty with no paths means requests of every kind
 * @param paths             of what is no resource: exact, with a trailing star as a prefix, or a star alone
 * @param omitManagedFields null: as the policy says
 */
record AuditRule(AuditLevel level, List<String> users, List<String> groups, List<String> verbs, List<GroupResources> resources, List<String> namespaces,
        List<String> paths, Set<String> omitStages, Boolean omitManagedFields) {

    /** @param resources empty for all of the group; "pods", "pods/log", "pods/*", "*&#47;scale" or "*" */
    record GroupResources(String group, List<String> resources, List<String> names) {

        boolean matches(RequestInfo info) {
            if (!group.equals(info.group())) {
                return false;
            }
            String combined = info.subresource().isEmpty() ? info.resource() : info.resource() + "/" + info.subresource();
            return resources.isEmpty() || (names.isEmpty() || names.contains(info.name())) && resources.stream().anyMatch(resource -> resource.equals("*")
                    || resource.equals(combined)
                    || resource.startsWith("*/") && !info.subresource().isEmpty() && info.subresource().equals(resource.substring(2))
                    || resource.endsWith("/*") && info.resource().equals(resource.substring(0, resource.length() - 2)));
        }
    }

    boolean matches(User user, RequestInfo info) {
        if (!users.isEmpty() && !users.contains(user.name()) || !groups.isEmpty() && groups.stream().noneMatch(user::in)
                || !verbs.isEmpty() && !verbs.contains(info.verb())) {
            return false;
        }
        if (!namespaces.isEmpty() || !resources.isEmpty()) {
            return info.isResource() && (namespaces.isEmpty() || namespaces.contains(info.namespace()))
                    && (resources.isEmpty() || resources.stream().anyMatch(r -> r.matches(info)));
        }
        return paths.isEmpty() || !info.isResource() && paths.stream().anyMatch(p -> p.equals("*") || p.equals(info.path())
                || p.endsWith("*") && info.path().startsWith(p.substring(0, p.length() - 1)));
    }
}
