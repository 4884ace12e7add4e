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
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * MutatingAdmissionWebhook: asks one webhook after the other, each about what the earlier ones made of the object. When one changed it, the
 * server's own admission sees it once more, and then those webhooks with reinvocationPolicy IfNeeded that something was changed after
 * (k8s.io/apiserver, pkg/admission/reinvocation.go): a sidecar gets what the client's containers got.
 */
public final class MutatingWebhooks implements Admission {
    private final Webhooks webhooks;
    private final Review review;
    private final List<Admission> earlier;

    private enum Effect { NOT_ASKED, NONE, CHANGED }

    /** @param earlier the plug-ins that come before this one */
    public MutatingWebhooks(Store store, ServedTypes types, Expressions expressions, WebhookClient client, List<Admission> earlier) {
        webhooks = new Webhooks(store, "mutatingwebhookconfigurations");
        review = new Review(store, types, expressions, client);
        this.earlier = List.copyOf(earlier);
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        ask(call, operation, object, old, plugin -> plugin.admit(call, operation, object, old));
    }

    @Override
    public void admitUnstored(Call call, Operation operation, ObjectNode object) {
        ask(call, operation, object, null, plugin -> plugin.admitUnstored(call, operation, object));
    }

    private void ask(Call call, Operation operation, ObjectNode object, ObjectNode old, Consumer<Admission> again) {
        List<Webhook> all = webhooks.all();
        if (all.isEmpty() || Review.isExempt(call.type())) {
            return;
        }
        Reinvoked reinvoked = new Reinvoked();
        boolean changed = false;
        for (int i = 0; i < all.size(); i++) {
            changed |= reinvoked.after(i, all.get(i), invoke(all.get(i), call, operation, object, old));
        }
        if (!changed) {
            return;
        }
        ObjectNode left = object.deepCopy();
        earlier.forEach(again);
        if (!object.equals(left)) {
            reinvoked.changed();
        }
        for (int i = 0; i < all.size(); i++) {
            if (reinvoked.due.get(i)) {
                reinvoked.after(i, all.get(i), invoke(all.get(i), call, operation, object, old));
            }
        }
    }

    /** Which of the webhooks, by their number, are to be asked once more. */
    private static final class Reinvoked {
        private final BitSet due = new BitSet();
        /** Those that ask for it, and have seen the object as it is now. */
        private final BitSet content = new BitSet();

        void changed() {
            due.or(content);
            content.clear();
        }

        /** @return whether the webhook changed the object */
        boolean after(int number, Webhook webhook, Effect effect) {
            if (effect == Effect.CHANGED) {
                changed();
            }
            if (effect != Effect.NOT_ASKED && webhook.reinvoked()) {
                content.set(number);
            }
            return effect == Effect.CHANGED;
        }
    }

    private Effect invoke(Webhook webhook, Call call, Operation operation, ObjectNode object, ObjectNode old) {
        Review.Answer answer = review.ask(webhook, call, operation, object, old);
        if (answer == null) {
            return Effect.NOT_ASKED;
        }
        call.warnings().addAll(answer.warnings());
        if (answer.patch() == null || operation == Operation.DELETE) {
            return Effect.NONE;
        }
        ObjectNode before = object.deepCopy();
        ObjectNode patched;
        try {
            JsonNode result = JsonPatch.apply(answer.request().object().deepCopy(), answer.patch());
            if (!(result instanceof ObjectNode made)) {
                throw new PatchException("the patch does not leave an object");
            }
            patched = made;
        } catch (PatchException e) {
            if (webhook.ignoresFailure()) {
                return Effect.NONE;
            }
            throw ApiException.internal("failed calling webhook \"" + webhook.name() + "\": " + e.getMessage());
        }
        if (AdmissionRequest.isForeign(call.type(), object)) {
            object.removeAll();
            object.setAll(patched);
            return object.equals(before) ? Effect.NONE : Effect.CHANGED;
        }
        ObjectNode wanted = call.type().converter().convert(patched, call.type().type().apiVersion());
        object.removeAll();
        object.setAll(wanted);
        Json.ensureObject(object, "metadata");
        Pipeline.decodeChanged(call, object).ifPresent(mismatch -> {
            throw ApiException.internal("what the webhook \"" + webhook.name() + "\" makes of the object is no " + call.type().kind() + ": " + mismatch.decodeError());
        });
        return object.equals(before) ? Effect.NONE : Effect.CHANGED;
    }
}
