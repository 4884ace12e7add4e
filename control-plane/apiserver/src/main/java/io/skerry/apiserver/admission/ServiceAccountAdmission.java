package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.authz.PodReferences;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Every pod runs as a ServiceAccount of its namespace, and gets a token, the cluster's CA and its namespace mounted. */
public final class ServiceAccountAdmission implements Admission {
    private static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
    private static final String VOLUME_PREFIX = "kube-api-access-";
    private static final String MIRROR_POD = "kubernetes.io/config.mirror";
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    /** An hour, and seven seconds that tell the kubelet's default from an hour someone asked for. */
    private static final int TOKEN_SECONDS = 3607;
    /** The default account is made by a controller right after its namespace; a pod that is faster waits a little. */
    private static final int DEFAULT_ACCOUNT_ATTEMPTS = 10;
    private static final long ATTEMPT_MILLIS = 100;

    private final Store store;

    public ServiceAccountAdmission(Store store) {
        this.store = store;
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode pod, ObjectNode old) {
        if (operation != Operation.CREATE || !call.type().is("", "pods") || !call.info().subresource().isEmpty() || isMirror(pod)) {
            return;
        }
        ObjectNode spec = Json.ensureObject(pod, "spec");
        if (Json.text(spec, "serviceAccountName").isEmpty()) {
            spec.put("serviceAccountName", "default");
        }
        String name = Json.text(spec, "serviceAccountName");
        spec.put("serviceAccount", name);
        ObjectNode account = find(call.info().namespace(), name);
        if (account == null) {
            throw ApiException.forbidden("", "pods", Json.text(pod, "metadata", "name"), "error looking up service account "
                    + call.info().namespace() + "/" + name + ": serviceaccount \"" + name + "\" not found");
        }
        if (mounts(spec, account)) {
            mount(spec);
        }
        JsonNode secrets = account.path("imagePullSecrets");
        if (spec.path("imagePullSecrets").isEmpty() && !secrets.isEmpty()) {
            spec.set("imagePullSecrets", secrets);
        }
    }

    @Override
    public void validate(Call call, Operation operation, ObjectNode pod, ObjectNode old) {
        String subresource = call.info().subresource();
        boolean made = operation == Operation.CREATE && subresource.isEmpty();
        if (!call.type().is("", "pods") || !made && !(operation == Operation.UPDATE && subresource.equals("ephemeralcontainers"))) {
            return;
        }
        String problem = made && isMirror(pod) ? mirrorProblem(pod) : secretsProblem(call, pod.path("spec"), made);
        if (problem != null) {
            throw ApiException.forbidden("", "pods", Json.text(pod, "metadata", "name"), problem);
        }
    }

    private static boolean isMirror(ObjectNode pod) {
        return Json.at(pod, "metadata", "annotations").has(MIRROR_POD);
    }

    /** Why a mirror of a pod that a node runs by itself, past this admission, may not be: it would seem to run with what no one gave it. Null when it may. */
    private static String mirrorProblem(ObjectNode pod) {
        PodReferences references = PodReferences.of(pod);
        if (!references.account().isEmpty()) {
            return "a mirror pod may not reference service accounts";
        }
        if (!references.secrets().isEmpty()) {
            return "a mirror pod may not reference secrets";
        }
        for (JsonNode volume : Json.at(pod, "spec", "volumes")) {
            for (JsonNode source : Json.at(volume, "projected", "sources")) {
                if (source.hasNonNull("serviceAccountToken")) {
                    return "a mirror pod may not use ServiceAccountToken volume projections";
                }
            }
        }
        return null;
    }

    private String secretsProblem(Call call, JsonNode spec, boolean made) {
        ObjectNode account = store.tree("", "serviceaccounts", call.info().namespace() + "/" + Json.text(spec, "serviceAccountName"));
        MountableSecrets mountable = account == null ? null : MountableSecrets.of(account);
        return mountable == null ? null : made ? mountable.problem(spec) : mountable.ephemeralProblem(spec);
    }

    private ObjectNode find(String namespace, String name) {
        int attempts = name.equals("default") ? DEFAULT_ACCOUNT_ATTEMPTS : 1;
        for (int i = 1;; i++) {
            ObjectNode account = store.tree("", "serviceaccounts", namespace + "/" + name);
            if (account != null || i == attempts) {
                return account;
            }
            try {
                Thread.sleep(ATTEMPT_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
    }

    private static boolean mounts(ObjectNode spec, ObjectNode account) {
        if (spec.hasNonNull("automountServiceAccountToken")) {
            return spec.get("automountServiceAccountToken").asBoolean();
        }
        return account.path("automountServiceAccountToken").asBoolean(true);
    }

    private static void mount(ObjectNode spec) {
        String present = tokenVolume(spec);
        String name = present == null ? generateName() : present;
        boolean needed = false;
        for (String list : List.of("initContainers", "containers")) {
            for (JsonNode container : spec.path(list)) {
                if (container instanceof ObjectNode object && !hasMount(object)) {
                    ArrayNode mounts = object.get("volumeMounts") instanceof ArrayNode others ? others : object.putArray("volumeMounts");
                    mounts.addObject().put("name", name).put("readOnly", true).put("mountPath", MOUNT_PATH);
                    needed = true;
                }
            }
        }
        if (needed && present == null) {
            ArrayNode volumes = spec.get("volumes") instanceof ArrayNode others ? others : spec.putArray("volumes");
            volumes.add(volume(name));
        }
    }

    /** The volume that a pod has already, from a first time that it was admitted, or null. */
    private static String tokenVolume(ObjectNode spec) {
        for (JsonNode volume : spec.path("volumes")) {
            if (Json.text(volume, "name").startsWith(VOLUME_PREFIX)) {
                return Json.text(volume, "name");
            }
        }
        return null;
    }

    private static String generateName() {
        StringBuilder name = new StringBuilder(VOLUME_PREFIX);
        for (int i = 0; i < 5; i++) {
            name.append(ALPHABET.charAt(ThreadLocalRandom.current().nextInt(ALPHABET.length())));
        }
        return name.toString();
    }

    private static boolean hasMount(ObjectNode container) {
        for (JsonNode mount : container.path("volumeMounts")) {
            if (Json.text(mount, "mountPath").equals(MOUNT_PATH)) {
                return true;
            }
        }
        return false;
    }

    private static ObjectNode volume(String name) {
        ObjectNode volume = Json.object().put("name", name);
        ObjectNode projected = volume.putObject("projected");
        ArrayNode sources = projected.putArray("sources");
        sources.addObject().putObject("serviceAccountToken").put("expirationSeconds", TOKEN_SECONDS).put("path", "token");
        ObjectNode ca = sources.addObject().putObject("configMap").put("name", "kube-root-ca.crt");
        ca.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
        ObjectNode item = sources.addObject().putObject("downwardAPI").putArray("items").addObject().put("path", "namespace");
        item.putObject("fieldRef").put("apiVersion", "v1").put("fieldPath", "metadata.namespace");
        projected.put("defaultMode", 0644);
        return volume;
    }
}
