package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.MountableSecrets;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;

/** Service accounts: of the Secrets that they list, only the names count. Limiting pods to those is deprecated. */
final class ServiceAccountStrategy extends Strategy {
    ServiceAccountStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public void prepareForCreate(ObjectNode account) {
        super.prepareForCreate(account);
        onlyNames(account);
    }

    @Override
    public void prepareForUpdate(ObjectNode updated, ObjectNode old) {
        super.prepareForUpdate(updated, old);
        onlyNames(updated);
    }

    @Override
    public List<String> warnings(ObjectNode account, ObjectNode old) {
        return isLimited(account) && !isLimited(old) ? List.of("metadata.annotations[" + MountableSecrets.ANNOTATION
                + "]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets") : List.of();
    }

    private static boolean isLimited(ObjectNode account) {
        return Json.at(account, "metadata", "annotations").has(MountableSecrets.ANNOTATION);
    }

    private static void onlyNames(ObjectNode account) {
        Json.at(account, "secrets").forEach(secret -> {
            if (secret instanceof ObjectNode reference) {
                reference.retain("name");
            }
        });
    }
}
