package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Finds the objects that a binding gives its policy as {@code params}. */
final class Params {
    private final Store store;
    private final ServedTypes types;

    Params(Store store, ServedTypes types) {
        this.store = store;
        this.types = types;
    }

    /**
     * @return one null when the policy is evaluated without params; empty when it is not evaluated
     * @throws CelException when what is configured cannot be
     */
    List<ObjectNode> of(Policy policy, Binding binding, Call call) throws CelException {
        JsonNode ref = binding.paramRef();
        if (policy.paramKind() == null || !ref.isObject()) {
            return Collections.singletonList(null);
        }
        ServedType type = null;
        for (ServedType candidate : types.all()) {
            if (candidate.kind().equals(policy.paramKind().kind()) && candidate.type().apiVersion().equals(policy.paramKind().apiVersion())) {
                type = candidate;
            }
        }
        if (type == null) {
            throw CelException.of("failed to find resource referenced by paramKind: '" + policy.paramKind().apiVersion() + ", Kind=" + policy.paramKind().kind() + "'");
        }
        String namespace = namespace(type, ref, call);
        List<ObjectNode> found = new ArrayList<>();
        String name = Json.text(ref, "name");
        if (!name.isEmpty()) {
            Entry entry = store.get(type, type.key(namespace, name));
            if (entry != null) {
                found.add(store.tree(type, entry));
            }
        } else if (ref.path("selector").isObject()) {
            LabelSelector selector = LabelSelector.of(ref.get("selector"));
            for (Entry entry : store.cache(type).snapshot(type.namespaced() ? namespace + "/" : "").entries()) {
                ObjectNode candidate = store.tree(type, entry);
                if (selector.matches(Json.at(candidate, "metadata", "labels"))) {
                    found.add(candidate);
                }
            }
        } else {
            throw CelException.of("one of name or selector must be provided");
        }
        if (found.isEmpty() && Json.text(ref, "parameterNotFoundAction").equals("Deny")) {
            throw CelException.of("no params found for policy binding with `Deny` parameterNotFoundAction");
        }
        return found;
    }

    private static String namespace(ServedType type, JsonNode ref, Call call) throws CelException {
        String named = Json.text(ref, "namespace");
        if (!type.namespaced()) {
            if (!named.isEmpty()) {
                throw CelException.of("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
            }
            return "";
        }
        if (!named.isEmpty()) {
            return named;
        }
        if (!call.type().namespaced()) {
            throw CelException.of("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
        }
        return call.info().namespace();
    }
}
