package io.skerry.controllers.core;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestStatus;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Pods;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * Deletes CertificateSigningRequests that are over: an hour after they were denied, failed, or were approved and have their certificate, at the certificate's end,
 * and a day after they were made when nobody decided (upstream's pkg/controller/certificates/cleaner).
 */
public final class CertificateRequestCleaner implements Controller {
    private static final Duration DECIDED = Duration.ofHours(1), PENDING = Duration.ofHours(24);

    private final Informers informers;
    private final InstantSource clock;

    public CertificateRequestCleaner(Informers informers) {
        this(informers, InstantSource.system());
    }

    CertificateRequestCleaner(Informers informers, InstantSource clock) {
        this.informers = informers;
        this.clock = clock;
    }

    @Override public String name() { return "certificatesigningrequest-cleaner-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(CertificateSigningRequest.class)); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(CertificateSigningRequest.class); }

    @Override public void reconcile(Key key) {
        CertificateSigningRequest request = informers.get(CertificateSigningRequest.class, key);
        if (request == null || request.getMetadata().getDeletionTimestamp() != null) return;
        Instant end = end(request);
        if (end == null) return;
        if (end.isAfter(clock.instant())) {
            Requeue.at(end);
            return;
        }
        Deletion.delete(informers.client(), "/apis/certificates.k8s.io/v1/certificatesigningrequests/" + key.name(), request.getMetadata().getUid(), null, null, null);
    }

    /** Null while somebody still has to act. */
    private static Instant end(CertificateSigningRequest request) {
        CertificateSigningRequestStatus status = request.getStatus();
        List<CertificateSigningRequestCondition> conditions = status == null ? List.of() : status.getConditions();
        if (conditions.isEmpty()) return Pods.created(request).plus(PENDING);
        String certificate = status.getCertificate();
        boolean issued = certificate != null && !certificate.isEmpty();
        List<Instant> ends = new ArrayList<>();
        for (CertificateSigningRequestCondition condition : conditions) {
            boolean approved = condition.getType().equals("Approved");
            Instant decided = Pods.time(condition.getLastUpdateTime());
            if (decided != null && (approved ? issued : Set.of("Denied", "Failed").contains(condition.getType()))) ends.add(decided.plus(DECIDED));
            if (approved && issued && lastDay(certificate) instanceof Instant last) ends.add(last);
        }
        return ends.stream().min(Instant::compareTo).orElse(null);
    }

    /** Of the first certificate; null when it is none. */
    private static Instant lastDay(String pem) {
        try {
            var first = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(pem)));
            return first.getNotAfter().toInstant();
        } catch (CertificateException | IllegalArgumentException e) {
            return null;
        }
    }
}
