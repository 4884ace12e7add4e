package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.User;
import io.skerry.apiserver.authz.Attributes;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.pki.SigningRequest;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.Base64;
import java.util.List;

/**
 * CertificateSigningRequests: carry who made them, as the server knows it and not as the client says; may be approved and signed only by those
 * who may for that signer (CertificateApproval, CertificateSigning); and do not make administrators (CertificateSubjectRestriction).
 */
public final class CertificateRequests implements Admission {
    private static final List<String> REQUESTER = List.of("username", "uid", "groups", "extra");
    private static final String GROUP = "certificates.k8s.io";
    private static final String PLURAL = "certificatesigningrequests";

    private final Authorizer authorizer;

    public CertificateRequests(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode request, ObjectNode old) {
        if (!call.type().is(GROUP, PLURAL)) {
            return;
        }
        if (operation == Operation.CREATE) {
            requester(call.user(), Json.ensureObject(request, "spec"));
        } else if (operation == Operation.UPDATE) {
            ObjectNode spec = Json.ensureObject(request, "spec");
            spec.removeAll();
            spec.setAll((ObjectNode) old.path("spec").deepCopy());
            times(Json.at(request, "status", "conditions"), Json.at(old, "status", "conditions"));
        }
    }

    /** Of conditions that are new, where the client leaves them to the server. Those that are there stay as they are: a decision is not changed. */
    private static void times(JsonNode conditions, JsonNode before) {
        for (JsonNode condition : conditions) {
            boolean there = false;
            for (JsonNode old : before) {
                there |= Json.text(old, "type").equals(Json.text(condition, "type")) && Json.text(old, "status").equals(Json.text(condition, "status"));
            }
            for (String field : List.of("lastUpdateTime", "lastTransitionTime")) {
                if (!there && Json.text(condition, field).isEmpty() && condition instanceof ObjectNode object) {
                    object.put(field, Pipeline.now().toString());
                }
            }
        }
    }

    @Override
    public void validate(Call call, Operation operation, ObjectNode request, ObjectNode old) {
        if (!call.type().is(GROUP, PLURAL) || operation == Operation.DELETE) {
            return;
        }
        String signer = Json.text(request, "spec", "signerName");
        if (operation == Operation.CREATE) {
            create(call, request, signer);
        } else if (call.info().subresource().equals("approval")) {
            require(call, "approve", signer, request);
        } else if (call.info().subresource().equals("status") && isOutcomeChanged(request, old)) {
            require(call, "sign", signer, request);
        }
    }

    /** What a signer says: the certificate, or in a condition that there is none. */
    private static boolean isOutcomeChanged(ObjectNode request, ObjectNode old) {
        JsonNode conditions = Json.at(request, "status", "conditions");
        JsonNode before = Json.at(old, "status", "conditions");
        return !Json.text(request, "status", "certificate").equals(Json.text(old, "status", "certificate"))
                || !(conditions.isEmpty() && before.isEmpty()) && !conditions.equals(before);
    }

    private static void create(Call call, ObjectNode request, String signer) {
        SigningRequest asked;
        try {
            asked = SigningRequest.parse(Base64.getDecoder().decode(Json.text(request, "spec", "request")));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid(GROUP, "CertificateSigningRequest", Json.text(request, "metadata", "name"),
                    List.of(new ApiException.Cause("FieldValueInvalid", "Invalid value: \"" + Json.text(request, "spec", "request") + "\": " + e.getMessage(), "spec.request")));
        }
        if (signer.equals("kubernetes.io/kube-apiserver-client") && asked.organizations().contains(User.MASTERS)) {
            throw ApiException.forbidden(GROUP, PLURAL, Json.text(request, "metadata", "name"),
                    "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed");
        }
    }

    /** Rights on one signer, or on all of its domain: resource signers, name kubernetes.io/x or kubernetes.io/*. */
    private void require(Call call, String verb, String signer, ObjectNode request) {
        String domain = signer.replaceFirst("/.*", "/*");
        for (String name : List.of(signer, domain)) {
            if (authorizer.allows(Attributes.resource(call.user(), verb, GROUP, "signers", name, ""))) {
                return;
            }
        }
        throw ApiException.forbidden(GROUP, PLURAL, Json.text(request, "metadata", "name"),
                "user not permitted to " + verb + " requests with signerName \"" + signer + "\"");
    }

    private static void requester(User user, ObjectNode spec) {
        spec.remove(REQUESTER);
        spec.put("username", user.name());
        if (!user.uid().isEmpty()) {
            spec.put("uid", user.uid());
        }
        ArrayNode groups = spec.putArray("groups");
        user.groups().forEach(groups::add);
        if (!user.extra().isEmpty()) {
            ObjectNode extra = spec.putObject("extra");
            user.extra().forEach((name, values) -> values.forEach(extra.putArray(name)::add));
        }
    }
}
