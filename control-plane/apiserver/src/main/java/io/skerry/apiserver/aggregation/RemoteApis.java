package io.skerry.apiserver.aggregation;

import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/** All APIServices that name another server, as they are in the cache; read anew when one changes. */
final class RemoteApis {
    private final Supplier<ResourceCache> apiServices;
    private volatile Known known = new Known(-1, List.of());

    private record Known(long revision, List<RemoteApi> apis) {
    }

    RemoteApis(Supplier<ResourceCache> apiServices) {
        this.apiServices = apiServices;
    }

    /** By priority: those first that clients are to prefer. */
    List<RemoteApi> all() {
        ResourceCache cache = apiServices.get();
        long revision = cache.lastRevision();
        Known now = known;
        if (now.revision() != revision) {
            List<RemoteApi> apis = new ArrayList<>();
            for (Entry entry : cache.snapshot("").entries()) {
                RemoteApi api = RemoteApi.of(entry.tree());
                if (api != null) {
                    apis.add(api);
                }
            }
            apis.sort(Comparator.comparingInt(RemoteApi::groupPriority).reversed().thenComparing(RemoteApi::group)
                    .thenComparing(Comparator.comparingInt(RemoteApi::versionPriority).reversed()).thenComparing(RemoteApi::version));
            now = new Known(revision, List.copyOf(apis));
            known = now;
        }
        return now.apis();
    }

    /** Grows with each change. */
    long revision() {
        return apiServices.get().lastRevision();
    }

    /** Null when this server is to look for itself. */
    RemoteApi find(String group, String version) {
        for (RemoteApi api : all()) {
            if (api.group().equals(group) && api.version().equals(version)) {
                return api;
            }
        }
        return null;
    }
}
