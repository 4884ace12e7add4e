package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.authz.Attributes;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;

/**
 * For whom a node may have the token of a pod made out: for those that the pod's own volumes and their CSI drivers ask tokens for, and for those that a role
 * lets it ask for (ServiceAccountNodeAudienceRestriction, on by default since 1.33; k8s.io/kubernetes, plugin/pkg/admission/noderestriction). Without an
 * audience a token is good for the API server; that, too, some volume has to ask for.
 */
final class TokenAudiences {
    private static final String VERB = "request-serviceaccounts-token-audience";

    private final Store store;
    private final Authorizer authorizer;

    TokenAudiences(Store store, Authorizer authorizer) {
        this.store = store;
        this.authorizer = authorizer;
    }

    /**
     * Why the node that makes this call may not; null when it may.
     *
     * @param asked spec.audiences of its TokenRequest
     * @param pod   what the token is to be bound to
     */
    String problem(Call call, JsonNode asked, JsonNode pod) {
        if (asked.size() > 1) {
            return "node may only request 0 or 1 audiences";
        }
        String audience = asked.path(0).asText();
        if (isUsed(pod, audience) || authorizer.allows(Attributes.resource(call.user(), VERB, "", audience, call.info().name(), call.info().namespace()))) {
            return null;
        }
        return "audience \"" + audience + "\" not found in pod spec volume, " + call.user().name() + " is not authorized to request tokens for this audience";
    }

    private boolean isUsed(JsonNode pod, String audience) {
        String namespace = Json.text(pod, "metadata", "namespace");
        for (JsonNode volume : Json.at(pod, "spec", "volumes")) {
            for (JsonNode source : Json.at(volume, "projected", "sources")) {
                if (source.hasNonNull("serviceAccountToken") && Json.text(source, "serviceAccountToken", "audience").equals(audience)) {
                    return true;
                }
            }
            String claim = volume.hasNonNull("ephemeral") ? Json.text(pod, "metadata", "name") + "-" + Json.text(volume, "name")
                    : Json.text(volume, "persistentVolumeClaim", "claimName");
            if (asks(claim.isEmpty() ? Json.text(volume, "csi", "driver") : driver(namespace + "/" + claim), audience)) {
                return true;
            }
        }
        return false;
    }

    /** Of the CSI volume that a claim is bound to, or "". */
    private String driver(String claim) {
        String volume = Json.text(store.tree("", "persistentvolumeclaims", claim), "spec", "volumeName");
        return volume.isEmpty() ? "" : Json.text(store.tree("", "persistentvolumes", volume), "spec", "csi", "driver");
    }

    private boolean asks(String driver, String audience) {
        if (driver.isEmpty()) {
            return false;
        }
        for (JsonNode request : Json.at(store.tree("storage.k8s.io", "csidrivers", driver), "spec", "tokenRequests")) {
            if (Json.text(request, "audience").equals(audience)) {
                return true;
            }
        }
        return false;
    }
}
