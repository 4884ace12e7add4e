package io.skerry.apiserver.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** PodSecurity (KEP-2579): holds pods to the Pod Security Standards that their namespace's labels name, and warns of templates that violate them. */
public final class PodSecurity implements Admission {
    private static final Set<String> IGNORED_SUBRESOURCES = Set.of("binding", "eviction", "status");
    /** Where a pod's template is in the objects that make pods. */
    private static final Map<String, String[]> TEMPLATES = Map.of(
            "/replicationcontrollers", new String[] {"spec", "template"}, "/podtemplates", new String[] {"template"},
            "apps/deployments", new String[] {"spec", "template"}, "apps/replicasets", new String[] {"spec", "template"},
            "apps/statefulsets", new String[] {"spec", "template"}, "apps/daemonsets", new String[] {"spec", "template"},
            "batch/jobs", new String[] {"spec", "template"}, "batch/cronjobs", new String[] {"spec", "jobTemplate", "spec", "template"});
    private static final String SECCOMP = "container.seccomp.security.alpha.kubernetes.io/";
    private static final int MAX_PODS = 3000;

    private final Store store;

    public PodSecurity(Store store) {
        this.store = store;
    }

    @Override
    public void validate(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        if (operation == Operation.DELETE) {
            return;
        }
        String subresource = call.info().subresource();
        String id = call.type().group() + "/" + call.type().plural();
        if (id.equals("/pods")) {
            if (!IGNORED_SUBRESOURCES.contains(subresource) && (old == null || isSignificant(object, old))) {
                pod(call, object, policy(call), true);
            }
        } else if (id.equals("/namespaces") && subresource.isEmpty()) {
            namespace(call, object, old);
        } else if (subresource.isEmpty() && TEMPLATES.containsKey(id)) {
            JsonNode template = Json.at(object, TEMPLATES.get(id));
            if (template.isObject()) {
                pod(call, template, policy(call), false);
            }
        }
    }

    /** Of what may change of a pod, what upstream judges it anew for: new ephemeral containers, images, and the old annotation for a container's seccomp profile. */
    private static boolean isSignificant(ObjectNode pod, ObjectNode old) {
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            JsonNode containers = Json.at(pod, "spec", list);
            JsonNode before = Json.at(old, "spec", list);
            if (containers.size() != before.size()) {
                return true;
            }
            for (int i = 0; i < containers.size(); i++) {
                String annotation = SECCOMP + Json.text(containers.get(i), "name");
                if (!Json.text(containers.get(i), "image").equals(Json.text(before.get(i), "image"))
                        || !Json.text(pod, "metadata", "annotations", annotation).equals(Json.text(old, "metadata", "annotations", annotation))) {
                    return true;
                }
            }
        }
        return false;
    }

    private SecurityPolicy policy(Call call) {
        ObjectNode namespace = store.tree("", "namespaces", call.info().namespace());
        return SecurityPolicy.of(namespace == null ? Json.object() : Json.at(namespace, "metadata", "labels"));
    }

    private static void pod(Call call, JsonNode template, SecurityPolicy policy, boolean enforce) {
        if (policy.isPrivileged()) {
            return;
        }
        PodView pod = new PodView(template.path("metadata"), template.path("spec"));
        if (enforce) {
            List<Violation> violations = policy.enforce().violations(pod);
            call.audit().put("pod-security.kubernetes.io/enforce-policy", policy.enforce().toString());
            if (!violations.isEmpty()) {
                throw ApiException.forbidden(call.type().group(), call.type().plural(), Json.text(template, "metadata", "name"),
                        "violates PodSecurity \"" + policy.enforce() + "\": " + told(violations));
            }
        }
        List<Violation> audited = policy.audit().violations(pod);
        if (!audited.isEmpty()) {
            call.audit().put("pod-security.kubernetes.io/audit-violations", "would violate PodSecurity \"" + policy.audit() + "\": " + told(audited));
        }
        List<Violation> warned = policy.warn().violations(pod);
        if (!warned.isEmpty()) {
            call.warnings().add("would violate PodSecurity \"" + policy.warn() + "\": " + told(warned));
        }
    }

    private static String told(List<Violation> violations) {
        return String.join(", ", violations.stream().map(Violation::toString).toList());
    }

    private void namespace(Call call, ObjectNode namespace, ObjectNode old) {
        SecurityPolicy policy = SecurityPolicy.of(Json.at(namespace, "metadata", "labels"));
        SecurityPolicy before = old == null ? null : SecurityPolicy.of(Json.at(old, "metadata", "labels"));
        if (!policy.errors().isEmpty() && (before == null || !before.errors().equals(policy.errors()))) {
            throw Pipeline.invalid(call.type(), Json.text(namespace, "metadata", "name"), policy.errors());
        }
        boolean stricter = before != null && !policy.enforce().equals(before.enforce()) && policy.enforce().level() != SecurityPolicy.Level.PRIVILEGED
                && (policy.enforce().minor() != before.enforce().minor() || policy.enforce().level().compareTo(before.enforce().level()) > 0);
        if (stricter) {
            warnOfPods(call, Json.text(namespace, "metadata", "name"), policy.enforce());
        }
    }

    private void warnOfPods(Call call, String namespace, SecurityPolicy.Standard standard) {
        Map<String, List<String>> byReason = new TreeMap<>();
        List<Entry> pods = store.cache().resource("", "pods").snapshot(namespace + "/").entries();
        for (Entry entry : pods.subList(0, Math.min(pods.size(), MAX_PODS))) {
            ObjectNode pod = entry.tree();
            List<Violation> violations = standard.violations(new PodView(pod.path("metadata"), pod.path("spec")));
            if (!violations.isEmpty()) {
                byReason.computeIfAbsent(String.join(", ", violations.stream().map(Violation::reason).toList()), r -> new ArrayList<>()).add(entry.name());
            }
        }
        if (pods.size() > MAX_PODS) {
            call.warnings().add("new PodSecurity enforce level only checked against the first " + MAX_PODS + " of " + pods.size() + " existing pods");
        }
        if (!byReason.isEmpty()) {
            call.warnings().add("existing pods in namespace \"" + namespace + "\" violate the new PodSecurity enforce level \"" + standard + "\"");
            List<String> lines = new ArrayList<>();
            byReason.forEach((reason, names) -> {
                String first = names.stream().sorted().findFirst().orElseThrow();
                int others = names.size() - 1;
                lines.add(first + (others == 0 ? "" : others == 1 ? " (and 1 other pod)" : " (and " + others + " other pods)") + ": " + reason);
            });
            lines.stream().sorted().forEach(call.warnings()::add);
        }
    }
}
