package io.skerry.apiserver.request;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a request is about, from its method and path alone, as apiserver's {@code RequestInfoFactory} reads it.
 *
 * @param isResource  false for paths such as /healthz or /apis/apps/v1 (discovery); only verb and path count then
 * @param verb        get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for what is no resource
 * @param group       "" for the core group
 * @param namespace   "" for cluster-scoped objects and for requests over all namespaces; a namespace's own name for the namespace itself
 * @param within      the path leads through {@code namespaces/NAMESPACE/}: false for the namespace itself, though {@code namespace} is set
 * @param resource    plural name
 * @param subresource "" when the object itself is meant
 * @param name        "" for collections
 * @param rest        path segments after the subresource (proxy)
 * @param path        decoded path
 */
public record RequestInfo(boolean isResource, String verb, String group, String version, String namespace, boolean within, String resource,
        String subresource, String name, List<String> rest, String path) {

    /** Subresources of a namespace itself; any other second segment is a collection within it. */
    private static final List<String> NAMESPACE_SUBRESOURCES = List.of("status", "finalize");

    public static RequestInfo of(String method, String rawPath, Query query) {
        String path = Query.decode(rawPath.replace("+", "%2B"));
        List<String> parts = Arrays.stream(rawPath.split("/")).filter(p -> !p.isEmpty()).map(p -> Query.decode(p.replace("+", "%2B"))).toList();
        String lower = method.toLowerCase(Locale.ROOT);
        RequestInfo other = new RequestInfo(false, lower, "", "", "", false, "", "", "", List.of(), path);
        boolean core = !parts.isEmpty() && parts.getFirst().equals("api");
        boolean grouped = !parts.isEmpty() && parts.getFirst().equals("apis");
        int prefix = core ? 2 : 3;
        if (!core && !grouped || parts.size() <= prefix) {
            return other;
        }
        String group = core ? "" : parts.get(1);
        String version = parts.get(prefix - 1);
        parts = parts.subList(prefix, parts.size());
        String verb = switch (lower) {
            case "post" -> "create";
            case "get", "head" -> "get";
            case "put" -> "update";
            case "patch" -> "patch";
            case "delete" -> "delete";
            default -> "";
        };
        // a read only: any other method on such a path would be authorized as the harmless verb watch
        boolean watchPrefix = lower.equals("get") && parts.getFirst().equals("watch") && parts.size() > 1;
        if (watchPrefix) {
            parts = parts.subList(1, parts.size());
        }
        String namespace = "";
        boolean within = false;
        if (parts.getFirst().equals("namespaces") && parts.size() > 1) {
            namespace = parts.get(1);
            if (parts.size() > 2 && !NAMESPACE_SUBRESOURCES.contains(parts.get(2))) {
                parts = parts.subList(2, parts.size());
                within = true;
            }
        }
        String resource = parts.getFirst();
        String name = parts.size() > 1 ? parts.get(1) : "";
        String subresource = parts.size() > 2 ? parts.get(2) : "";
        List<String> rest = parts.size() > 3 ? parts.subList(3, parts.size()) : List.of();
        if (watchPrefix) {
            verb = "watch";
        } else if (name.isEmpty() && verb.equals("get")) {
            verb = query.flag("watch") ? "watch" : "list";
        } else if (name.isEmpty() && verb.equals("delete")) {
            verb = "deletecollection";
        }
        if (name.isEmpty() && (verb.equals("list") || verb.equals("watch") || verb.equals("deletecollection"))) {
            // authorization by resourceNames holds for a list of one named object (kubectl get -w NAME)
            name = singleName(query.get("fieldSelector"));
        }
        return new RequestInfo(true, verb, group, version, namespace, within, resource, subresource, name, rest, path);
    }

    private static String singleName(String fieldSelector) {
        for (String term : fieldSelector.split(",")) {
            int at = term.indexOf('=');
            if (at > 0 && term.substring(0, at).equals("metadata.name")) {
                return term.substring(at).replaceFirst("^==?", "");
            }
        }
        return "";
    }

    public boolean readOnly() {
        return verb.equals("get") || verb.equals("list") || verb.equals("watch") || verb.equals("head");
    }
}
