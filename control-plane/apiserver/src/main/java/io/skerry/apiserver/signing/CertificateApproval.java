package io.skerry.apiserver.signing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.authz.Attributes;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.pki.SigningRequest;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Approves what a node asks to join or to stay: requests of kubernetes.io/kube-apiserver-client-kubelet whose maker has the verb create on
 * certificatesigningrequests/nodeclient, or on /selfnodeclient for the maker's own name (k8s.io/kubernetes, pkg/controller/certificates/approver).
 */
final class CertificateApproval {
    private static final System.Logger LOG = System.getLogger(CertificateApproval.class.getName());
    private static final String GROUP = "certificates.k8s.io";
    private static final String PLURAL = "certificatesigningrequests";

    private final ApiHandler server;
    private final Authorizer authorizer;
    private final User approver;

    CertificateApproval(ApiHandler server, Authorizer authorizer, User approver) {
        this.server = server;
        this.authorizer = authorizer;
        this.approver = approver;
    }

    /** Writes the approval of a request that nobody has decided yet, if it is one of a node's. */
    void consider(ObjectNode request) {
        Asked asked = Asked.of(request);
        if (Signer.named(asked.signer) != Signer.KUBELET_CLIENT) {
            return;
        }
        SigningRequest parsed;
        try {
            parsed = SigningRequest.parse(Base64.getDecoder().decode(Json.text(request, "spec", "request")));
        } catch (IllegalArgumentException e) {
            return;
        }
        if (!Signer.KUBELET_CLIENT.problem(parsed, asked.usages).isEmpty()) {
            return;
        }
        if (parsed.commonName().equals(asked.user.name()) && may(asked.user, "selfnodeclient")) {
            approve(request, "Auto approving self kubelet client certificate after SubjectAccessReview.");
        } else if (may(asked.user, "nodeclient")) {
            approve(request, "Auto approving kubelet client certificate after SubjectAccessReview.");
        }
    }

    /** Who made the request, as the server recorded it, and what for. */
    private record Asked(String signer, Set<String> usages, User user) {
        static Asked of(ObjectNode request) {
            Set<String> usages = new HashSet<>();
            Json.at(request, "spec", "usages").forEach(usage -> usages.add(usage.asText()));
            List<String> groups = new ArrayList<>();
            Json.at(request, "spec", "groups").forEach(group -> groups.add(group.asText()));
            Map<String, List<String>> extra = new HashMap<>();
            Json.at(request, "spec", "extra").properties().forEach(each -> {
                List<String> values = extra.computeIfAbsent(each.getKey(), key -> new ArrayList<>());
                each.getValue().forEach(value -> values.add(value.asText()));
            });
            return new Asked(Json.text(request, "spec", "signerName"), usages,
                    new User(Json.text(request, "spec", "username"), Json.text(request, "spec", "uid"), groups, extra));
        }
    }

    private boolean may(User user, String subresource) {
        return authorizer.allows(new Attributes(user, true, "create", GROUP, PLURAL, subresource, "", "", ""));
    }

    private void approve(ObjectNode request, String message) {
        ObjectNode status = Json.ensureObject(request, "status");
        ArrayNode conditions = status.get("conditions") instanceof ArrayNode present ? present : status.putArray("conditions");
        String now = Pipeline.now().toString();
        conditions.addObject().put("type", "Approved").put("status", "True").put("reason", "AutoApproved").put("message", message)
                .put("lastUpdateTime", now).put("lastTransitionTime", now);
        String name = Json.text(request, "metadata", "name");
        int code = DirectCall.send(server, approver, "PUT", "/apis/" + GROUP + "/v1/" + PLURAL + "/" + name + "/approval", request).code();
        // 404 and 409: someone was faster, and the event of it comes
        if (code >= 300 && code != 404 && code != 409) {
            LOG.log(System.Logger.Level.WARNING, "the approval of CertificateSigningRequest " + name + " could not be written: " + code);
        }
    }
}
