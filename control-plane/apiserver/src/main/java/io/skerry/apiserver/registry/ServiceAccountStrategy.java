package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

/** Service accounts: of the Secrets that they list, only the names count. */
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

    private static void onlyNames(ObjectNode account) {
        Json.at(account, "secrets").forEach(secret -> {
            if (secret instanceof ObjectNode reference) {
                reference.retain("name");
            }
        });
    }
}
