package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The API server's side of a pod in memory, so that failures of the API and odd pods can be tried against a real runtime. */
final class MemoryApi implements PodApi {
    final Map<String, Pod> pods = new ConcurrentHashMap<>();
    final Map<String, ConfigMap> configMaps = new ConcurrentHashMap<>();
    final Map<String, Secret> secrets = new ConcurrentHashMap<>();
    final Map<String, String> runtimeClasses = new ConcurrentHashMap<>();
    final List<Service> services = new ArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<TokenRequest> tokens = new CopyOnWriteArrayList<>();
    volatile PodWorkers workers;
    volatile boolean away;
    private long version;

    void create(Pod pod) {
        pods.put(pod.getMetadata().getUid(), pod);
        workers.apply(pod);
    }

    void delete(String name, long grace) {
        Pod pod = new PodBuilder(pod(name)).editMetadata().withDeletionTimestamp(Instant.now().toString()).withDeletionGracePeriodSeconds(grace).withResourceVersion(Long.toString(++version)).endMetadata().build();
        pods.put(pod.getMetadata().getUid(), pod);
        workers.apply(pod);
    }

    Pod pod(String name) { return pods.values().stream().filter(p -> p.getMetadata().getName().equals(name)).findFirst().orElse(null); }

    @Override
    public synchronized Pod updateStatus(Pod pod, PodStatus status) {
        if (away) throw new KubernetesClientException("connection refused");
        Pod now = pods.computeIfPresent(pod.getMetadata().getUid(), (uid, old) -> new PodBuilder(old).withStatus(status).editMetadata().withResourceVersion(Long.toString(++version)).endMetadata().build());
        if (now != null) workers.apply(now);
        return now;
    }

    @Override
    public void delete(Pod pod) {
        Pod old = pods.remove(pod.getMetadata().getUid());
        if (old != null) workers.gone(old);
    }

    @Override
    public List<Service> services(String namespace) { return services; }

    @Override
    public TokenRequest token(String namespace, String serviceAccount, TokenRequest request) {
        if (away) throw new KubernetesClientException("connection refused");
        tokens.add(request);
        long now = Instant.now().getEpochSecond();
        String claims = "{\"iat\":%d,\"exp\":%d,\"n\":%d}".formatted(now, now + request.getSpec().getExpirationSeconds(), tokens.size());
        String jwt = "e30." + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".c2ln";
        return new TokenRequestBuilder(request).withNewStatus().withToken(jwt).endStatus().build();
    }

    @Override
    public void event(Pod pod, String container, String type, String reason, String message) { events.add(type + " " + reason + " " + message); }

    @Override
    public void forget(Pod pod) { }

    @Override
    public PersistentVolume claimedVolume(String namespace, String claim) { return null; }

    @Override
    public String runtimeHandler(String runtimeClass) { return runtimeClasses.get(runtimeClass); }

    @Override
    public ConfigMap configMap(String namespace, String name) { return configMaps.get(name); }

    @Override
    public Secret secret(String namespace, String name) { return secrets.get(name); }
}
