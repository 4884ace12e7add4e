package io.skerry.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The webhooks of all configurations of one kind, in the order of the configurations' names; made anew when one changes. */
final class Webhooks {
    private static final String GROUP = "admissionregistration.k8s.io";

    private final Store store;
    private final String plural;
    private volatile Known known = new Known(-1, List.of());

    private record Known(long revision, List<Webhook> webhooks) {
    }

    Webhooks(Store store, String plural) {
        this.store = store;
        this.plural = plural;
    }

    List<Webhook> all() {
        ResourceCache configurations = store.cache().resource(GROUP, plural);
        long revision = configurations.lastRevision();
        Known now = known;
        if (now.revision() != revision) {
            List<Webhook> webhooks = new ArrayList<>();
            List<Entry> entries = new ArrayList<>(configurations.snapshot("").entries());
            entries.sort(Comparator.comparing(Entry::name));
            for (Entry entry : entries) {
                for (JsonNode webhook : Json.at(entry.tree(), "webhooks")) {
                    webhooks.add(Webhook.of(webhook));
                }
            }
            now = new Known(revision, List.copyOf(webhooks));
            known = now;
        }
        return now.webhooks();
    }
}
