package io.skerry.controllers.core;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Fills Secrets of type {@code kubernetes.io/service-account-token} with a token of the account that their annotation names, mends what is taken from them,
 * and deletes those whose account is gone or another one by that name (upstream's pkg/controller/serviceaccount/tokens_controller.go).
 */
public final class TokensController implements Controller {
    /** Signs tokens that have no end. */
    @FunctionalInterface public interface Signer {
        /**
         * @param account name of the ServiceAccount
         * @param uid its uid
         * @param secret name of the Secret that is to hold the token
         */
        String token(String namespace, String account, String uid, String secret);
    }

    private static final String TYPE = "kubernetes.io/service-account-token";
    private static final String NAME = "kubernetes.io/service-account.name", UID = "kubernetes.io/service-account.uid";
    private static final String TOKEN = "token", NAMESPACE = "namespace", CA = "ca.crt";

    private final Informers informers;
    private final Signer signer;
    private final String caPem;
    private final SecretsOfType secrets;

    /** @param caPem the API server's CA certificates in PEM; null to put none into the Secrets */
    public TokensController(Informers informers, Signer signer, String caPem) {
        this.informers = informers;
        this.secrets = new SecretsOfType(informers, TYPE);
        this.signer = signer;
        this.caPem = caPem;
    }

    @Override public String name() { return "serviceaccount-token-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(new Watch<>(ServiceAccount.class, (before, after) -> before == null || after == null || !uid(before).equals(uid(after))
            ? secretsOf(after == null ? before : after) : List.of()));
    }

    /** Before they are known there are none: each one is looked at when they come. */
    private List<Key> secretsOf(ServiceAccount account) {
        return secrets.inNamespace(account.getMetadata().getNamespace()).stream()
            .filter(s -> account.getMetadata().getName().equals(annotation(s, NAME))).map(Key::of).toList();
    }

    @Override public void sources(Consumer<Key> queue) { secrets.start(queue); }

    @Override public void stop() { secrets.stop(); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Secret.class); }

    @Override public void reconcile(Key key) throws Exception {
        Secret secret = secrets.get(key);
        if (secret == null || secret.getMetadata().getDeletionTimestamp() != null || annotation(secret, NAME).isEmpty()) return;
        ServiceAccount account = account(secret);
        String path = "/api/v1/namespaces/" + key.namespace() + "/secrets/" + key.name();
        if (account == null) {
            Deletion.delete(informers.client(), path, uid(secret), null, null, null);
            return;
        }
        ObjectNode missing = missing(secret, account);
        // one that is immutable stays as it is: the server would refuse every try
        if (missing.isEmpty() || Boolean.TRUE.equals(secret.getImmutable())) return;
        ObjectNode patch = Json.object();
        patch.putObject("metadata").put("uid", uid(secret)).put("resourceVersion", secret.getMetadata().getResourceVersion()).putObject("annotations").put(UID, uid(account));
        patch.set("data", missing);
        try {
            Patch.MERGE.send(informers.client(), path, patch);
        } catch (KubernetesClientException e) {
            // gone or changed meanwhile: what changed it wakes this again
            if (e.getCode() != 404 && e.getCode() != 409 && !PodControl.isNamespaceTerminating(e)) throw e;
        }
    }

    /** The account that a Secret is for, or null. The server is asked before null is said, since what follows from it is a deletion. */
    private ServiceAccount account(Secret secret) {
        String namespace = secret.getMetadata().getNamespace(), name = annotation(secret, NAME), uid = annotation(secret, UID);
        ServiceAccount cached = informers.get(ServiceAccount.class, namespace, name);
        if (isThe(cached, uid)) return cached;
        ServiceAccount there = informers.client().serviceAccounts().inNamespace(namespace).withName(name).get();
        return isThe(there, uid) ? there : null;
    }

    private static boolean isThe(ServiceAccount account, String uid) {
        return account != null && (uid.isEmpty() || uid.equals(uid(account)));
    }

    private ObjectNode missing(Secret secret, ServiceAccount account) {
        String namespace = secret.getMetadata().getNamespace();
        Map<String, String> data = secret.getData() == null ? Map.of() : secret.getData();
        ObjectNode missing = Json.object();
        if (caPem != null && !base64(caPem).equals(data.get(CA))) missing.put(CA, base64(caPem));
        if (data.getOrDefault(NAMESPACE, "").isEmpty()) missing.put(NAMESPACE, base64(namespace));
        if (data.getOrDefault(TOKEN, "").isEmpty()) {
            missing.put(TOKEN, base64(signer.token(namespace, account.getMetadata().getName(), uid(account), secret.getMetadata().getName())));
        }
        return missing;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String uid(HasMetadata object) {
        return object.getMetadata().getUid();
    }

    private static String annotation(Secret secret, String key) {
        Map<String, String> annotations = secret.getMetadata().getAnnotations();
        return annotations == null ? "" : annotations.getOrDefault(key, "");
    }
}
