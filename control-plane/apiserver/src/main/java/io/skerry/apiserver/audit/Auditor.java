package io.skerry.apiserver.audit;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.request.RequestInfo;
import java.util.UUID;

/** Tells the audit log of requests, as its policy says. */
public final class Auditor {
    private static final int MAX_ID = 64;

    private final AuditPolicy policy;
    private final AuditLog log;

    public Auditor(AuditPolicy policy, AuditLog log) {
        this.policy = policy;
        this.log = log;
    }

    /**
     * A request has come.
     *
     * @param asked as its sender made it, before impersonation
     * @return what follows it to its end, or null when nothing of it is logged
     */
    public AuditEvent received(ApiRequest asked, RequestInfo info) {
        AuditPolicy.Decision decision = policy.decide(asked.user(), info);
        if (decision.level() == AuditLevel.NONE) {
            return null;
        }
        String given = asked.header("Audit-ID");
        String id = given == null || given.isEmpty() || given.length() > MAX_ID || !given.chars().allMatch(c -> c > ' ' && c < 127) ? UUID.randomUUID().toString() : given;
        AuditEvent event = new AuditEvent(log, decision, id, asked, info);
        event.stage("RequestReceived");
        return event;
    }
}
