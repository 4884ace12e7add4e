package io.skerry.apiserver.subresources;

import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.crd.CustomStrategy;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.Result;
import io.skerry.apiserver.verbs.Verbs;
import java.util.HashMap;
import java.util.Map;

/** All subresources beside status, and the resources that are questions instead of objects (reviews, bindings). */
public final class Subresources {
    private final Map<String, Subresource> byPath = new HashMap<>();
    private final Map<String, StreamedSubresource> streamed = new HashMap<>();
    private final Verbs verbs;

    public Subresources(Verbs verbs, ServedTypes types, NodeLocator nodes) {
        this.verbs = verbs;
        stream("/pods/log", new LogSubresource(verbs.store(), nodes)::stream);
        ScaleSubresource scale = ScaleSubresource.ofWorkload(verbs.store(), verbs.update());
        for (String workload : new String[] {"apps/deployments", "apps/replicasets", "apps/statefulsets", "/replicationcontrollers"}) {
            add(workload + "/scale", scale);
        }
        BindingSubresource binding = new BindingSubresource(verbs.pipeline(), verbs.update(), types.builtin("", "v1", "pods"));
        add("/pods/binding", binding);
        add("/bindings/", binding);
        add("/pods/eviction", new EvictionSubresource(verbs.store(), verbs.pipeline(), types, verbs.delete()));
        add("/pods/ephemeralcontainers", PartSubresource.ephemeralContainers(verbs.store(), verbs.update()));
        add("/pods/resize", PartSubresource.resize(verbs.store(), verbs.update()));
        add("certificates.k8s.io/certificatesigningrequests/approval", PartSubresource.approval(verbs.store(), verbs.update()));
        add("/namespaces/finalize", new FinalizeSubresource(verbs.update()));
    }

    /** @param path {@code group/plural/subresource}, or {@code group/plural/} for a resource that is not stored */
    public void add(String path, Subresource subresource) {
        byPath.put(path, subresource);
    }

    /** @param path {@code group/plural/subresource} */
    public void stream(String path, StreamedSubresource subresource) {
        streamed.put(path, subresource);
    }

    /** Whether none of these are stored. */
    public boolean isVirtual(ServedType type) {
        return byPath.containsKey(type.group() + "/" + type.plural() + "/");
    }

    /** Answers the subresources that are streams. @return false when it is none */
    public boolean stream(Call call, ApiResponse response) {
        StreamedSubresource subresource = streamed.get(path(call));
        if (subresource == null) {
            return false;
        }
        subresource.stream(call, response);
        return true;
    }

    public Result serve(Call call) {
        if (call.type().strategy() instanceof CustomStrategy custom && call.info().subresource().equals("scale")) {
            return new ScaleSubresource(verbs.store(), verbs.update(), custom.scalePath("specReplicasPath"), custom.scalePath("statusReplicasPath"),
                    custom.scalePath("labelSelectorPath")).serve(call);
        }
        Subresource subresource = byPath.get(path(call));
        if (subresource == null) {
            throw ApiException.noSuchResource();
        }
        return subresource.serve(call);
    }

    private static String path(Call call) {
        return call.type().group() + "/" + call.type().plural() + "/" + call.info().subresource();
    }
}
