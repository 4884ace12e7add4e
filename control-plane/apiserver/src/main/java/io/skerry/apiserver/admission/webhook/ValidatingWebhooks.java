package io.skerry.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.webhook.WebhookClient;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** ValidatingAdmissionWebhook: asks all webhooks at once; the first in order that says no is told. */
public final class ValidatingWebhooks implements Admission {
    private final Webhooks webhooks;
    private final Review review;

    public ValidatingWebhooks(Store store, ServedTypes types, Expressions expressions, WebhookClient client) {
        webhooks = new Webhooks(store, "validatingwebhookconfigurations");
        review = new Review(store, types, expressions, client);
    }

    @Override
    public void validate(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        List<Webhook> all = webhooks.all();
        if (all.isEmpty() || Review.isExempt(call.type())) {
            return;
        }
        if (all.size() == 1) {
            warn(call, review.ask(all.getFirst(), call, operation, object, old));
            return;
        }
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Review.Answer>> answers = all.stream().map(webhook -> executor.submit(() -> review.ask(webhook, call, operation, object, old))).toList();
            for (Future<Review.Answer> answer : answers) {
                warn(call, answer.get());
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException told ? told : ApiException.internal(e.getCause().toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.internal("interrupted while webhooks were asked");
        }
    }

    @Override
    public void admitUnstored(Call call, Operation operation, ObjectNode object) {
        validate(call, operation, object, null);
    }

    private static void warn(Call call, Review.Answer answer) {
        if (answer != null) {
            call.warnings().addAll(answer.warnings());
        }
    }
}
