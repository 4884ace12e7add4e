package io.skerry.apiserver.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.SigningRequest;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Signs approved CertificateSigningRequests of Kubernetes' own signers. Beside the authorities' keys, and so in the server; approval is a
 * decision of someone who may, or follows from a node's right to ask.
 */
public final class CertificateSigning implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CertificateSigning.class.getName());
    private static final String GROUP = "certificates.k8s.io";
    private static final String PLURAL = "certificatesigningrequests";
    private static final User USER = User.master("system:apiserver");
    /** As upstream's --cluster-signing-duration; a request may ask for less, but for no less than ten minutes. */
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final long WAIT_MILLIS = 3_600_000;

    private final ApiHandler server;
    private final ClusterPki pki;
    private final CertificateApproval approval;
    private final Watcher watcher;

    /** Starts to watch, and takes up what was approved before. */
    public CertificateSigning(ApiHandler server, WatchCache cache, Authorizer authorizer, ClusterPki pki) {
        approval = new CertificateApproval(server, authorizer, USER);
        this.server = server;
        this.pki = pki;
        ResourceCache.Following following = cache.resource(GROUP, PLURAL).follow("");
        watcher = following.watcher();
        Thread.ofVirtual().name("certificate-signing").start(() -> {
            following.snapshot().entries().forEach(this::consider);
            run();
        });
    }

    private void run() {
        try {
            while (!watcher.isEnded()) {
                CacheEvent event = watcher.poll(WAIT_MILLIS);
                if (event != null && !event.deleted()) {
                    consider(event.current());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is wrong with one request is not to stand in the way of the others. */
    private void consider(Entry entry) {
        try {
            decide(entry);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "CertificateSigningRequest " + entry.name() + " could not be considered: " + e.getMessage(), e);
        }
    }

    private void decide(Entry entry) {
        ObjectNode request = entry.tree();
        if (!has(request, "Approved") && !has(request, "Denied") && Json.text(request, "status", "certificate").isEmpty()) {
            approval.consider(request);
            return;
        }
        Signer signer = Signer.named(Json.text(request, "spec", "signerName"));
        if (signer == null || !Json.text(request, "status", "certificate").isEmpty() || has(request, "Denied") || has(request, "Failed")) {
            return;
        }
        ObjectNode status = Json.ensureObject(request, "status");
        try {
            Set<String> usages = new LinkedHashSet<>();
            Json.at(request, "spec", "usages").forEach(usage -> usages.add(usage.asText()));
            SigningRequest asked = SigningRequest.parse(Base64.getDecoder().decode(Json.text(request, "spec", "request")));
            String problem = signer.problem(asked, usages);
            if (!problem.isEmpty()) {
                throw new IllegalArgumentException(problem);
            }
            long seconds = Json.at(request, "spec", "expirationSeconds").asLong(LONGEST.toSeconds());
            String pem = asked.sign(pki, signer.ofServers(), usages, Duration.ofSeconds(Math.clamp(seconds, 600, LONGEST.toSeconds())));
            status.put("certificate", Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)));
        } catch (IllegalArgumentException e) {
            ArrayNode conditions = status.get("conditions") instanceof ArrayNode present ? present : status.putArray("conditions");
            String now = Pipeline.now().toString();
            conditions.addObject().put("type", "Failed").put("status", "True").put("reason", "SignerValidationFailure").put("message", e.getMessage())
                    .put("lastUpdateTime", now).put("lastTransitionTime", now);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "CertificateSigningRequest " + entry.name() + ": " + e.getMessage(), e);
            return;
        }
        int code = DirectCall.send(server, USER, "PUT", "/apis/" + GROUP + "/v1/" + PLURAL + "/" + entry.name() + "/status", request).code();
        if (code >= 500) {
            LOG.log(System.Logger.Level.WARNING, "the certificate of CertificateSigningRequest " + entry.name() + " could not be written: " + code);
        }
    }

    private static boolean has(ObjectNode request, String condition) {
        for (JsonNode each : Json.at(request, "status", "conditions")) {
            if (Json.text(each, "type").equals(condition)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        watcher.close();
    }
}
