package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Call;
import io.skerry.machinery.json.Json;
import java.util.List;

/** DefaultTolerationSeconds: a pod stays for five minutes on a node that is not ready or not reachable. */
public final class PodTolerations implements Admission {
    private static final int SECONDS = 300;

    @Override
    public void admit(Call call, Operation operation, ObjectNode pod, ObjectNode old) {
        if (operation == Operation.DELETE || !call.type().is("", "pods") || !call.info().subresource().isEmpty()
                || operation == Operation.UPDATE && Json.at(old, "spec", "tolerations").isArray()) {
            return;
        }
        ObjectNode spec = Json.ensureObject(pod, "spec");
        for (String taint : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
            if (!tolerates(spec.path("tolerations"), taint)) {
                ArrayNode tolerations = spec.get("tolerations") instanceof ArrayNode present ? present : spec.putArray("tolerations");
                tolerations.addObject().put("key", taint).put("operator", "Exists").put("effect", "NoExecute").put("tolerationSeconds", SECONDS);
            }
        }
    }

    private static boolean tolerates(JsonNode tolerations, String taint) {
        for (JsonNode toleration : tolerations) {
            String key = Json.text(toleration, "key");
            String effect = Json.text(toleration, "effect");
            if ((key.equals(taint) || key.isEmpty()) && (effect.equals("NoExecute") || effect.isEmpty())) {
                return true;
            }
        }
        return false;
    }
}
