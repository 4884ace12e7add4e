package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.User;
import io.skerry.apiserver.registry.Call;
import io.skerry.machinery.json.Json;
import java.util.List;

/** A CertificateSigningRequest carries who made it, as the server knows it and not as the client says. */
public final class CertificateRequests implements Admission {
    private static final List<String> REQUESTER = List.of("username", "uid", "groups", "extra");

    @Override
    public void admit(Call call, Operation operation, ObjectNode request, ObjectNode old) {
        if (operation != Operation.CREATE || !call.type().is("certificates.k8s.io", "certificatesigningrequests")) {
            return;
        }
        User user = call.user();
        ObjectNode spec = Json.ensureObject(request, "spec");
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
