package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.response.Accepted;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.response.View;
import io.skerry.apiserver.response.Views;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** GET of one object and of collections, from the watch cache. */
public final class ReadVerbs {
    private static final byte[] COMMA = {','};
    private static final byte[] END = "]}\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] YAML_ITEMS = "items:\n".getBytes(StandardCharsets.US_ASCII);

    private final Store store;

    public ReadVerbs(Store store) {
        this.store = store;
    }

    public Result get(Call call) {
        awaitRevision(call.query().get("resourceVersion"));
        Entry entry = store.cache(call.type()).get(call.key());
        if (entry == null) {
            throw ApiException.notFound(call.type().group(), call.type().plural(), call.info().name());
        }
        return Result.of(200, entry);
    }

    /**
     * A page of a list.
     *
     * @param token     continue token, null on the last page
     * @param remaining how many follow, null when that is not known (selectors)
     */
    record Page(List<Entry> entries, long revision, String token, Long remaining) {
    }

    Page page(Call call) {
        Selection selection = Selection.of(call);
        Long limit = call.query().number("limit");
        String match = call.query().get("resourceVersionMatch");
        String asked = call.query().get("resourceVersion");
        String continued = call.query().get("continue");
        checkListOptions(call, match, asked, continued);
        boolean limited = limit != null && limit > 0;
        ResourceCache cache = store.cache(call.type());
        ResourceCache.Snapshot snapshot;
        String after = null;
        if (!continued.isEmpty()) {
            ContinueToken token = ContinueToken.parse(continued);
            after = token.after();
            if (token.revision() < 0) {
                store.catchUpWithOthers();
                snapshot = cache.snapshot(selection.prefix());
            } else {
                store.catchUpWith(token.revision());
                snapshot = past(cache, selection, token);
            }
        } else if (match.equals("Exact") || match.isEmpty() && limited && !asked.isEmpty() && !asked.equals("0")) {
            // upstream's table: pages of a revision that is named are of that revision unless resourceVersionMatch says otherwise
            awaitRevision(asked);
            try {
                snapshot = cache.snapshotAt(selection.prefix(), Long.parseLong(asked));
            } catch (ResourceCache.TooOldException e) {
                throw ApiException.expired("The resourceVersion for the provided list is too old.");
            }
        } else {
            awaitRevision(asked);
            snapshot = cache.snapshot(selection.prefix());
        }
        return cut(snapshot, selection, after, limited ? limit : Integer.MAX_VALUE);
    }

    private static ResourceCache.Snapshot past(ResourceCache cache, Selection selection, ContinueToken token) {
        try {
            return cache.snapshotAt(selection.prefix(), token.revision());
        } catch (ResourceCache.TooOldException e) {
            ApiException expired = ApiException.expired("The provided continue parameter is too old to display a consistent list result. You can start a new list"
                    + " without the continue parameter, or use the continue token in this response to retrieve the remainder of the results."
                    + " Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between"
                    + " the time the first chunk was returned and now may show up in the list.");
            ((ObjectNode) expired.status().get("metadata")).put("continue", new ContinueToken(-1, token.after()).encode());
            throw expired;
        }
    }

    private static Page cut(ResourceCache.Snapshot snapshot, Selection selection, String after, long limit) {
        List<Entry> all = snapshot.entries();
        int index = 0;
        if (after != null) {
            while (index < all.size() && all.get(index).key().compareTo(after) <= 0) {
                index++;
            }
        }
        if (selection.isEverything() && index == 0 && limit >= all.size()) {
            return new Page(all, snapshot.revision(), null, null);
        }
        List<Entry> found = new ArrayList<>();
        for (; index < all.size(); index++) {
            Entry entry = all.get(index);
            if (!selection.matches(entry)) {
                continue;
            }
            if (found.size() == limit) {
                String token = new ContinueToken(snapshot.revision(), found.getLast().key()).encode();
                return new Page(found, snapshot.revision(), token, selection.isEverything() ? Long.valueOf(all.size() - index) : null);
            }
            found.add(entry);
        }
        return new Page(found, snapshot.revision(), null, null);
    }

    public void list(Call call, ApiResponse response) {
        Accepted accepted = Accepted.of(call);
        View view = accepted.view();
        Page page = page(call);
        ServedType type = call.type();
        String revision = Long.toString(page.revision());
        if (view != View.OBJECT) {
            List<ObjectNode> objects = store.trees(type, page.entries());
            Responder.object(response, 200, view == View.TABLE ? Views.table(call, objects, revision, page.token(), page.remaining())
                    : Views.metadataList(objects, revision, page.token(), page.remaining()), accepted, call.warnings());
            return;
        }
        List<Entry> entries = store.served(type, page.entries());
        boolean asStored = entries.stream().allMatch(e -> e.isOf(type.type().apiVersion()));
        // what a webhook converts is asked for at once, before anything is sent
        List<ObjectNode> converted = type.custom() && !asStored ? store.trees(type, entries) : null;
        if (accepted.yaml()) {
            yaml(call, response, page, converted);
            return;
        }
        byte[] begin = ("{\"kind\":\"" + type.type().listKind() + "\",\"apiVersion\":\"" + type.type().apiVersion() + "\",\"metadata\":"
                + Json.string(Views.listMeta(revision, page.token(), page.remaining())) + ",\"items\":[").getBytes(StandardCharsets.UTF_8);
        Map<String, String> headers = Responder.headers(call.warnings());
        if (asStored) {
            // lets the transport see that it is worth compressing
            long objects = entries.stream().mapToLong(e -> e.bytes().length).sum();
            headers.put("Content-Length", Long.toString(begin.length + objects + Math.max(0, entries.size() - 1) * (long) COMMA.length + END.length));
        }
        response.start(200, headers);
        response.write(begin);
        for (int i = 0; i < entries.size(); i++) {
            if (response.isClosed()) {
                return;
            }
            if (i > 0) {
                response.write(COMMA);
            }
            response.write(converted == null ? store.bytes(type, entries.get(i)) : Json.bytes(converted.get(i)));
        }
        response.write(END);
        response.end();
    }

    /** Object by object, as JSON goes out: the text of a long list is never held as a whole. */
    private void yaml(Call call, ApiResponse response, Page page, List<ObjectNode> converted) {
        ServedType type = call.type();
        List<Entry> entries = page.entries();
        ObjectNode head = Json.object().put("kind", type.type().listKind()).put("apiVersion", type.type().apiVersion());
        head.set("metadata", Views.listMeta(Long.toString(page.revision()), page.token(), page.remaining()));
        if (entries.isEmpty()) {
            head.putArray("items");
        }
        response.start(200, Responder.yamlHeaders(call.warnings()));
        response.write(Responder.yaml(head));
        if (!entries.isEmpty()) {
            response.write(YAML_ITEMS);
        }
        for (int i = 0; i < entries.size() && !response.isClosed(); i++) {
            response.write(Responder.yaml(Json.array().add(converted == null ? store.tree(type, entries.get(i)) : converted.get(i))));
        }
        response.end();
    }

    private static void checkListOptions(Call call, String match, String asked, String continued) {
        if (!match.isEmpty() && !match.equals("Exact") && !match.equals("NotOlderThan")) {
            throw invalidOptions("resourceVersionMatch", "FieldValueNotSupported",
                    "Unsupported value: \"" + match + "\": supported values: \"Exact\", \"NotOlderThan\"");
        }
        if (!match.isEmpty() && asked.isEmpty()) {
            throw invalidOptions("resourceVersionMatch", "FieldValueForbidden", "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        }
        if (!match.isEmpty() && !continued.isEmpty()) {
            throw invalidOptions("resourceVersionMatch", "FieldValueForbidden", "Forbidden: resourceVersionMatch is forbidden when continue is provided");
        }
        if (match.equals("Exact") && asked.equals("0")) {
            throw invalidOptions("resourceVersionMatch", "FieldValueForbidden",
                    "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
        if (call.query().has("sendInitialEvents")) {
            throw invalidOptions("sendInitialEvents", "FieldValueForbidden", "Forbidden: sendInitialEvents is forbidden for list");
        }
        if (!continued.isEmpty() && !asked.isEmpty() && !asked.equals("0")) {
            throw ApiException.badRequest("specifying resource version is not allowed when using continue");
        }
    }

    static ApiException invalidOptions(String field, String reason, String message) {
        return ApiException.invalid("meta.k8s.io", "ListOptions", "", List.of(new ApiException.Cause(reason, message, field)));
    }

    /** A resourceVersion parameter as a number; "" and "0" are 0, any state. */
    static long revision(String text) {
        if (text.isEmpty()) {
            return 0;
        }
        try {
            long revision = Long.parseLong(text);
            if (revision >= 0) {
                return revision;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw invalidOptions("resourceVersion", "FieldValueInvalid", "Invalid value: \"" + text + "\": must be a resourceVersion as an earlier answer gave it");
    }

    /** Waits for what is asked for: this revision or a later one; whatever there is for "0", and the newest for "". */
    void awaitRevision(String asked) {
        if (asked.isEmpty()) {
            store.catchUpWithOthers();
        } else {
            store.catchUpWith(revision(asked));
        }
    }
}
