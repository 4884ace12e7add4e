package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The Secrets that pods of a service account may name, where its annotation {@code kubernetes.io/enforce-mountable-secrets} is true: those that the account
 * itself lists (k8s.io/kubernetes, plugin/pkg/admission/serviceaccount; deprecated since 1.32).
 */
public final class MountableSecrets {
    public static final String ANNOTATION = "kubernetes.io/enforce-mountable-secrets";
    /** What Go's strconv.ParseBool takes for true. */
    private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");
    /** The kinds of containers of a new pod, by the lists they are in. */
    private static final List<Map.Entry<String, String>> CONTAINERS = List.of(Map.entry("initContainers", "init container"), Map.entry("containers", "container"));

    private final String account;
    private final Set<String> secrets;
    private final Set<String> pullSecrets;

    private MountableSecrets(JsonNode account) {
        this.account = Json.text(account, "metadata", "name");
        this.secrets = names(account.path("secrets"));
        this.pullSecrets = names(account.path("imagePullSecrets"));
    }

    /** Null for an account whose pods may name any. */
    static MountableSecrets of(JsonNode account) {
        return TRUE.contains(Json.text(account, "metadata", "annotations", ANNOTATION)) ? new MountableSecrets(account) : null;
    }

    private static Set<String> names(JsonNode references) {
        Set<String> names = new HashSet<>();
        references.forEach(reference -> names.add(Json.text(reference, "name")));
        return names;
    }

    /** Why a new pod may not have its spec; null when it may. */
    String problem(JsonNode spec) {
        for (JsonNode volume : spec.path("volumes")) {
            String name = Json.text(volume, "secret", "secretName");
            if (volume.hasNonNull("secret") && !secrets.contains(name)) {
                return unlisted("volume with", name);
            }
        }
        for (Map.Entry<String, String> kind : CONTAINERS) {
            String problem = problem(spec.path(kind.getKey()), kind.getValue());
            if (problem != null) {
                return problem;
            }
        }
        JsonNode pull = spec.path("imagePullSecrets");
        for (int i = 0; i < pull.size(); i++) {
            String name = Json.text(pull.path(i), "name");
            if (!pullSecrets.contains(name)) {
                return "imagePullSecrets[" + i + "].name=\"" + name + "\" is not allowed because service account " + account + " does not reference that imagePullSecret";
            }
        }
        return null;
    }

    /** Why a pod may not have the ephemeral containers of its spec; null when it may. */
    String ephemeralProblem(JsonNode spec) {
        return problem(spec.path("ephemeralContainers"), "ephemeral container");
    }

    private String problem(JsonNode containers, String kind) {
        for (JsonNode container : containers) {
            String who = kind + " " + Json.text(container, "name") + " with ";
            for (JsonNode variable : container.path("env")) {
                String name = Json.text(variable, "valueFrom", "secretKeyRef", "name");
                if (variable.path("valueFrom").hasNonNull("secretKeyRef") && !secrets.contains(name)) {
                    return unlisted(who + "envVar " + Json.text(variable, "name") + " referencing", name);
                }
            }
            for (JsonNode from : container.path("envFrom")) {
                String name = Json.text(from, "secretRef", "name");
                if (from.hasNonNull("secretRef") && !secrets.contains(name)) {
                    return unlisted(who + "envFrom referencing", name);
                }
            }
        }
        return null;
    }

    private String unlisted(String who, String secret) {
        return who + " secret.secretName=\"" + secret + "\" is not allowed because service account " + account + " does not reference that secret";
    }
}
