package io.skerry.apiserver.subresources;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.verbs.Result;
import io.skerry.apiserver.verbs.UpdateVerb;
import io.skerry.machinery.json.Json;

/** {@code namespaces/finalize}: the namespace controller says what is still to be cleaned; nothing left lets a deleted namespace go. */
public record FinalizeSubresource(UpdateVerb update) implements Subresource {

    @Override
    public Result serve(Call call) {
        ObjectNode body = Bodies.object(call);
        return update.change(call, namespace -> {
            JsonNode revision = Json.at(body, "metadata", "resourceVersion");
            if (revision.isTextual()) {
                ((ObjectNode) namespace.get("metadata")).set("resourceVersion", revision);
            }
            ObjectNode spec = Json.ensureObject(namespace, "spec");
            JsonNode finalizers = Json.at(body, "spec", "finalizers");
            if (finalizers.isEmpty()) {
                spec.remove("finalizers");
            } else {
                spec.set("finalizers", finalizers);
            }
            return namespace;
        }, UpdateVerb.Options.INTERNAL);
    }
}
