package io.skerry.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.admission.rules.AdmissionRequest;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.webhook.WebhookClient;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.JsonPatch;
import io.skerry.machinery.patch.PatchException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * MutatingAdmissionWebhook: asks one webhook after the other, each about what the earlier ones made of the object; those with
 * reinvocationPolicy IfNeeded once more when a later one changed it.
 */
public final class MutatingWebhooks implements Admission {
    private final Webhooks webhooks;
    private final Review review;

    public MutatingWebhooks(Store store, ServedTypes types, Expressions expressions, WebhookClient client) {
        webhooks = new Webhooks(store, "mutatingwebhookconfigurations");
        review = new Review(store, types, expressions, client);
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        List<Webhook> all = webhooks.all();
        if (all.isEmpty() || Review.isExempt(call.type())) {
            return;
        }
        Map<Webhook, ObjectNode> leftAs = new HashMap<>();
        for (Webhook webhook : all) {
            if (invoke(webhook, call, operation, object, old) && webhook.reinvoked()) {
                leftAs.put(webhook, object.deepCopy());
            }
        }
        for (Webhook webhook : all) {
            if (leftAs.containsKey(webhook) && !leftAs.get(webhook).equals(object)) {
                invoke(webhook, call, operation, object, old);
            }
        }
    }

    @Override
    public void admitUnstored(Call call, Operation operation, ObjectNode object) {
        admit(call, operation, object, null);
    }

    /** @return whether it was for this webhook */
    private boolean invoke(Webhook webhook, Call call, Operation operation, ObjectNode object, ObjectNode old) {
        Review.Answer answer = review.ask(webhook, call, operation, object, old);
        if (answer == null) {
            return false;
        }
        call.warnings().addAll(answer.warnings());
        if (answer.patch() == null || operation == Operation.DELETE) {
            return true;
        }
        ObjectNode patched;
        try {
            JsonNode result = JsonPatch.apply(answer.request().object().deepCopy(), answer.patch());
            if (!(result instanceof ObjectNode made)) {
                throw new PatchException("the patch does not leave an object");
            }
            patched = made;
        } catch (PatchException e) {
            if (webhook.ignoresFailure()) {
                return true;
            }
            throw ApiException.internal("failed calling webhook \"" + webhook.name() + "\": " + e.getMessage());
        }
        if (AdmissionRequest.isForeign(call.type(), object)) {
            object.removeAll();
            object.setAll(patched);
            return true;
        }
        ObjectNode wanted = call.type().converter().convert(patched, call.type().type().apiVersion());
        object.removeAll();
        object.setAll(wanted);
        Json.ensureObject(object, "metadata");
        Pipeline.complete(call, object);
        return true;
    }
}
