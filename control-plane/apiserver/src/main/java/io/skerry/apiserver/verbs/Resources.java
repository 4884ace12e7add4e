package io.skerry.apiserver.verbs;

import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.proxy.ProxySubresource;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.response.Accepted;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.response.Views;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.subresources.Subresources;

/** Takes a call to the verb or subresource that answers it. */
public final class Resources implements AutoCloseable {
    private final Store store;
    private final ReadVerbs read;
    private final WatchVerb watch;
    private final CreateVerb create;
    private final UpdateVerb update;
    private final PatchVerb patch;
    private final DeleteVerb delete;
    private final DeleteCollectionVerb deleteCollection;
    private final Subresources subresources;

    public Resources(Verbs verbs, Subresources subresources) {
        this.store = verbs.store();
        this.read = verbs.read();
        this.watch = new WatchVerb(store, read);
        this.create = verbs.create();
        this.update = verbs.update();
        this.patch = verbs.patch();
        this.delete = verbs.delete();
        this.deleteCollection = new DeleteCollectionVerb(store, read, delete);
        this.subresources = subresources;
    }

    /** @throws ApiException when there is nothing like that under this path, or it takes no such method */
    public static void check(Call call) {
        ServedType type = call.type();
        String subresource = call.info().subresource();
        String verb = call.info().verb();
        if (subresource.isEmpty()) {
            if (!type.type().verbs().contains(verb) || !isForItsPath(verb, call.info().name())) {
                throw ApiException.methodNotAllowed();
            }
        } else {
            var declared = type.type().subresource(subresource).orElseThrow(ApiException::noSuchResource);
            // of the methods that have no verb, OPTIONS alone goes through a proxy
            boolean options = subresource.equals(ProxySubresource.NAME) && call.request().method().equals("OPTIONS");
            if (!declared.verbs().contains(verb) && !options) {
                throw ApiException.methodNotAllowed();
            }
        }
        if (type.namespaced() && call.info().namespace().isEmpty() && !verb.equals("list") && !verb.equals("watch")) {
            throw ApiException.methodNotAllowed();
        }
    }

    /** A create is of a collection: it would be allowed for the name in its path, and make what its body names. What changes an object names it. */
    private static boolean isForItsPath(String verb, String name) {
        return switch (verb) {
            case "create" -> name.isEmpty();
            case "update", "patch" -> !name.isEmpty();
            default -> true;
        };
    }

    public void serve(Call call, ApiResponse response) {
        check(call);
        ServedType type = call.type();
        String subresource = call.info().subresource();
        String verb = call.info().verb();
        switch (verb) {
            case "list" -> {
                if (subresources.isVirtual(type)) {
                    Accepted accepted = Accepted.of(call);
                    Responder.object(response, 200, Views.list(call, accepted.view(), subresources.serve(call).tree()), accepted, call.warnings());
                } else {
                    read.list(call, response);
                }
            }
            case "watch" -> watch.watch(call, response);
            default -> {
                boolean object = subresource.isEmpty() || subresource.equals("status");
                if (object || !subresources.stream(call, response)) {
                    Accepted accepted = Accepted.of(call);
                    send(call, response, accepted, object ? object(call, verb) : subresources.serve(call));
                }
            }
        }
    }

    private Result object(Call call, String verb) {
        return switch (verb) {
            case "get" -> subresources.isVirtual(call.type()) ? subresources.serve(call) : read.get(call);
            case "create" -> subresources.isVirtual(call.type()) ? subresources.serve(call) : create.create(call);
            case "update" -> update.update(call);
            case "patch" -> patch.patch(call);
            case "delete" -> delete.delete(call);
            case "deletecollection" -> deleteCollection.delete(call);
            default -> throw ApiException.methodNotAllowed();
        };
    }

    private void send(Call call, ApiResponse response, Accepted accepted, Result result) {
        if (result.entry() != null && accepted.isStored()) {
            Responder.json(response, result.code(), store.bytes(call.type(), result.entry()), call.warnings());
        } else {
            var tree = result.entry() != null ? store.tree(call.type(), result.entry()) : result.tree();
            Responder.object(response, result.code(), Views.object(call, accepted.view(), tree), accepted, call.warnings());
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
