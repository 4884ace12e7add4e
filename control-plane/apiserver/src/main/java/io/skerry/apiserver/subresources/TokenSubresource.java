package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.auth.ServiceAccountTokens;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.Result;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** {@code serviceaccounts/token}: authentication.k8s.io/v1 TokenRequest. */
public record TokenSubresource(Store store, Pipeline pipeline, ServiceAccountTokens tokens) implements Subresource {
    private static final long DEFAULT_SECONDS = 3600;
    private static final long MIN_SECONDS = 600;
    private static final long MAX_SECONDS = 1L << 32;
    /** What pods ask for by default: clients that never read the file anew get a year of warnings before they break (KEP-1205). */
    private static final long WARN_ONLY_SECONDS = 3607;
    private static final long EXTENDED_SECONDS = 365L * 24 * 3600;

    @Override
    public Result serve(Call call) {
        String name = call.info().name();
        String namespace = call.info().namespace();
        ObjectNode account = store.tree("", "serviceaccounts", namespace + "/" + name);
        if (account == null) {
            throw ApiException.notFound("", "serviceaccounts", name);
        }
        ObjectNode request = Bodies.object(call);
        pipeline.admitUnstored(call, request);
        ObjectNode spec = Json.ensureObject(request, "spec");
        List<String> audiences = new ArrayList<>();
        spec.path("audiences").forEach(a -> audiences.add(a.asText()));
        if (audiences.isEmpty()) {
            audiences.add(tokens.defaultAudience());
            spec.putArray("audiences").add(tokens.defaultAudience());
        }
        long seconds = spec.hasNonNull("expirationSeconds") ? spec.get("expirationSeconds").asLong() : DEFAULT_SECONDS;
        check(seconds);
        spec.put("expirationSeconds", seconds);
        ObjectNode bound = bound(spec, namespace, name);
        boolean ofPod = bound != null && Json.text(bound, "kind").equals("Pod");
        ObjectNode node = ofPod && !Json.text(bound, "spec", "nodeName").isEmpty()
                ? store.tree("", "nodes", Json.text(bound, "spec", "nodeName")) : null;
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        // the year ends with the pod; what nothing ends lives as long as its answer says
        boolean extended = ofPod && seconds == WARN_ONLY_SECONDS && audiences.equals(List.of(tokens.defaultAudience()));
        Instant told = now.plusSeconds(seconds);
        String token = tokens.issue(account, bound, node, audiences, now, extended ? now.plusSeconds(EXTENDED_SECONDS) : told, extended ? told : null);
        ObjectNode answer = Json.object().put("kind", "TokenRequest").put("apiVersion", "authentication.k8s.io/v1");
        answer.putObject("metadata").put("name", name).put("namespace", namespace).put("creationTimestamp", now.toString());
        answer.set("spec", spec);
        answer.putObject("status").put("token", token).put("expirationTimestamp", told.toString());
        return Result.of(201, answer);
    }

    private static void check(long seconds) {
        String problem = seconds < MIN_SECONDS ? "may not specify a duration less than 10 minutes" : seconds > MAX_SECONDS ? "may not specify a duration larger than 2^32 seconds" : null;
        if (problem != null) {
            throw ApiException.invalid("authentication.k8s.io", "TokenRequest", "",
                    List.of(new ApiException.Cause("FieldValueInvalid", "Invalid value: " + seconds + ": " + problem, "spec.expirationSeconds")));
        }
    }

    private ObjectNode bound(ObjectNode spec, String namespace, String account) {
        if (!(spec.get("boundObjectRef") instanceof ObjectNode reference)) {
            return null;
        }
        String kind = Json.text(reference, "kind");
        String name = Json.text(reference, "name");
        String plural = switch (kind) {
            case "Pod" -> "pods";
            case "Secret" -> "secrets";
            case "Node" -> "nodes";
            default -> throw ApiException.badRequest("cannot bind token to object of type " + Json.text(reference, "apiVersion") + ", Kind=" + kind);
        };
        ObjectNode object = store.tree("", plural, kind.equals("Node") ? name : namespace + "/" + name);
        if (object == null) {
            throw ApiException.notFound("", plural, name);
        }
        String uid = Json.text(reference, "uid");
        if (!uid.isEmpty() && !uid.equals(Json.text(object, "metadata", "uid"))) {
            throw ApiException.conflict("", plural, name, "the UID in the bound object reference (" + uid + ") does not match the UID in record. The object might have"
                    + " been deleted and then recreated");
        }
        if (kind.equals("Pod") && !Json.text(object, "spec", "serviceAccountName").equals(account)) {
            throw ApiException.badRequest("cannot bind token for serviceaccount \"" + account + "\" to pod running with different serviceaccount name.");
        }
        return object;
    }
}
