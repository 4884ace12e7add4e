package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.response.Views;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;

/** DELETE of a collection: every object that the selectors match, as if deleted one by one. */
public final class DeleteCollectionVerb {
    private final Store store;
    private final ReadVerbs read;
    private final DeleteVerb delete;

    public DeleteCollectionVerb(Store store, ReadVerbs read, DeleteVerb delete) {
        this.store = store;
        this.read = read;
        this.delete = delete;
    }

    /** @return the list of what was deleted, as it was before */
    public Result delete(Call asked) {
        DeleteOptions options = DeleteOptions.of(asked);
        Call call = asked.dryAs(options.dryRun());
        ServedType type = call.type();
        ReadVerbs.Page page = read.page(call);
        ObjectNode list = Json.object().put("kind", type.type().listKind()).put("apiVersion", type.type().apiVersion());
        list.set("metadata", Views.listMeta(Long.toString(page.revision()), null, null));
        ArrayNode items = list.putArray("items");
        for (Entry entry : page.entries()) {
            try {
                delete.delete(call, entry.name(), entry.key(), options);
                items.add(store.tree(type, entry));
            } catch (ApiException e) {
                if (!e.reason().equals("NotFound")) {
                    throw e;
                }
                // gone by another hand meanwhile
            }
        }
        return Result.of(200, list);
    }
}
