package io.skerry.apiserver.audit;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.request.RequestInfo;
import java.util.List;
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
        AuditEvent event = new AuditEvent(log, decision, id(asked), asked, info);
        event.stage("RequestReceived");
        return event;
    }

    /** A request was answered with 401. @param attempted the kinds of credentials that were not good */
    public void refused(ApiRequest asked, RequestInfo info, List<String> attempted) {
        AuditPolicy.Decision decision = policy.decide(asked.user(), info);
        if (decision.level() != AuditLevel.NONE) {
            new AuditEvent(log, decision, id(asked), asked, info).refused(attempted);
        }
    }

    /** What the sender calls it, if that can be told. */
    private static String id(ApiRequest asked) {
        String given = asked.header("Audit-ID");
        return given == null || given.isEmpty() || given.length() > MAX_ID || !given.chars().allMatch(c -> c > ' ' && c < 127) ? UUID.randomUUID().toString() : given;
    }
}
