package io.skerry.apiserver.authz;

import io.skerry.apiserver.User;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;

/**
 * What someone wants to do, as authorization sees it.
 *
 * @param isResource    else only verb and path count
 * @param namespace     "" for cluster scope and all namespaces
 * @param name          "" for collections
 * @param fieldSelector of a list or watch, as it was asked for; "" for none
 */
public record Attributes(User user, boolean isResource, String verb, String group, String resource, String subresource, String name,
        String namespace, String path, String fieldSelector) {

    public Attributes(User user, boolean isResource, String verb, String group, String resource, String subresource, String name, String namespace, String path) {
        this(user, isResource, verb, group, resource, subresource, name, namespace, path, "");
    }

    public static Attributes of(User user, RequestInfo info, Query query) {
        return new Attributes(user, info.isResource(), info.verb(), info.group(), info.resource(), info.subresource(), info.name(), info.namespace(), info.path(),
                info.readOnly() || info.verb().equals("deletecollection") ? query.get("fieldSelector") : "");
    }

    public static Attributes resource(User user, String verb, String group, String resource, String name, String namespace) {
        return new Attributes(user, true, verb, group, resource, "", name, namespace, "");
    }

    /** {@code pods/log}: how rules name a subresource. */
    public String qualifiedResource() {
        return subresource.isEmpty() ? resource : resource + "/" + subresource;
    }
}
