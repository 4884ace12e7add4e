package io.skerry.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.List;

/** MutatingWebhookConfigurations and ValidatingWebhookConfigurations: their conditions compile. */
public final class WebhookStrategy extends Strategy {

    public WebhookStrategy(ResourceType type) {
        super(type, true);
    }

    @Override
    public boolean unconditionalUpdate() {
        return false;
    }

    @Override
    public List<FieldError> validate(ObjectNode configuration, ObjectNode oldOrNull) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode webhooks = configuration.path("webhooks");
        for (int i = 0; i < webhooks.size(); i++) {
            JsonNode conditions = webhooks.get(i).path("matchConditions");
            if (!conditions.isEmpty() && (oldOrNull == null || !oldOrNull.path("webhooks").path(i).path("matchConditions").equals(conditions))) {
                CelEnvironment environment = Expressions.environment(false, true);
                Expressions.compileConditions(errors, environment, conditions, "webhooks[" + i + "].matchConditions");
            }
        }
        return errors;
    }
}
