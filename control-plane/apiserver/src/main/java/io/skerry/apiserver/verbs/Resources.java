package io.skerry.apiserver.verbs;

import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.response.View;
import io.skerry.apiserver.response.Views;
import io.skerry.apiserver.status.ApiException;

/** Takes a call to the verb or subresource that answers it. */
public final class Resources implements AutoCloseable {
    private final Store store;
    private final ReadVerbs read;
    private final WatchVerb watch;
    private final CreateVerb create;
    private final UpdateVerb update;
    private final PatchVerb patch;
    private final DeleteVerb delete;

    public Resources(Store store, Pipeline pipeline) {
        this.store = store;
        read = new ReadVerbs(store);
        watch = new WatchVerb(store, read);
        create = new CreateVerb(store, pipeline);
        update = new UpdateVerb(store, pipeline, create);
        patch = new PatchVerb(store, pipeline, create, update);
        delete = new DeleteVerb(store, pipeline);
    }

    public void serve(Call call, ApiResponse response) {
        ServedType type = call.type();
        String subresource = call.info().subresource();
        String verb = call.info().verb();
        if (!subresource.isEmpty() && !type.type().hasSubresource(subresource)) {
            throw ApiException.noSuchResource();
        }
        if (subresource.isEmpty() && !type.type().verbs().contains(verb)) {
            throw ApiException.methodNotAllowed();
        }
        if (type.namespaced() && call.info().namespace().isEmpty() && !verb.equals("list") && !verb.equals("watch")) {
            throw ApiException.methodNotAllowed();
        }
        switch (verb) {
            case "list" -> read.list(call, response);
            case "watch" -> watch.watch(call, response);
            default -> send(call, response, result(call, verb, subresource));
        }
    }

    private Result result(Call call, String verb, String subresource) {
        if (!subresource.isEmpty() && !subresource.equals("status")) {
            throw ApiException.noSuchResource();
        }
        return switch (verb) {
            case "get" -> read.get(call);
            case "create" -> create.create(call);
            case "update" -> update.update(call);
            case "patch" -> patch.patch(call);
            case "delete" -> delete.delete(call);
            default -> throw ApiException.methodNotAllowed();
        };
    }

    private void send(Call call, ApiResponse response, Result result) {
        View view = View.of(call.request().header("Accept"));
        if (result.entry() != null && view == View.OBJECT) {
            Responder.json(response, result.code(), store.bytes(call.type(), result.entry()), call.warnings());
        } else {
            var tree = result.entry() != null ? store.tree(call.type(), result.entry()) : result.tree();
            Responder.json(response, result.code(), Views.object(call, view, tree), call.warnings());
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
