package io.skerry.controllers.core;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Pods;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Deletes bootstrap tokens when they expire (upstream's pkg/controller/bootstrap/tokencleaner.go). */
public final class TokenCleaner implements Controller {
    private static final String NAMESPACE = "kube-system";

    private final Informers informers;
    private final SecretsOfType tokens;

    public TokenCleaner(Informers informers) {
        this.informers = informers;
        tokens = new SecretsOfType(informers, "bootstrap.kubernetes.io/token");
    }

    @Override public String name() { return "token-cleaner-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(); }

    @Override public void sources(Consumer<Key> queue) { tokens.start(queue); }

    @Override public void stop() { tokens.stop(); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Secret.class); }

    @Override public void reconcile(Key key) {
        Secret token = tokens.get(key);
        if (token == null || !key.namespace().equals(NAMESPACE) || token.getMetadata().getDeletionTimestamp() != null) return;
        Instant end = end(token);
        if (end == null) return;
        if (end.isAfter(Instant.now())) {
            Requeue.at(end);
            return;
        }
        Deletion.delete(informers.client(), "/api/v1/namespaces/" + NAMESPACE + "/secrets/" + key.name(), token.getMetadata().getUid(), null, null, null);
    }

    /** Null for a token without one. What cannot be read has expired, as where the token is shown: a typing error must not make it last for ever. */
    private static Instant end(Secret token) {
        String expiration = token.getData() == null ? null : token.getData().get("expiration");
        try {
            return expiration == null ? null : Pods.time(new String(Base64.getDecoder().decode(expiration), StandardCharsets.UTF_8));
        } catch (DateTimeException | IllegalArgumentException e) {
            return Instant.EPOCH;
        }
    }
}
