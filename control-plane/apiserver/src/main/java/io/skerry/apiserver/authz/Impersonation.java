package io.skerry.apiserver.authz;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.Headers;
import io.skerry.apiserver.User;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.validation.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code Impersonate-User}, {@code -Group}, {@code -Uid} and {@code -Extra-KEY}: acting as someone else, where the verb impersonate is allowed
 * (k8s.io/apiserver, endpoints/filters/impersonation).
 */
public final class Impersonation {
    private static final String ACCOUNT_PREFIX = "system:serviceaccount:";
    private static final String EXTRA_PREFIX = "impersonate-extra-";

    private final Authorizer authorizer;

    public Impersonation(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    /** The request as the impersonated user's, or as it is. */
    public ApiRequest apply(ApiRequest request) {
        String name = request.header("Impersonate-User");
        // one header is one group: a group's name may have a comma
        List<String> groups = new ArrayList<>(request.headers().all().stream().filter(header -> header.getKey().equalsIgnoreCase("Impersonate-Group"))
                .map(Map.Entry::getValue).toList());
        String uidHeader = request.header("Impersonate-Uid");
        String uid = uidHeader == null ? "" : uidHeader;
        Map<String, List<String>> extra = extra(request.headers());
        if (name == null || name.isEmpty()) {
            if (!groups.isEmpty()) {
                throw ApiException.badRequest("requested [" + String.join(" ", groups.stream().map(group -> "{Group " + group + "}").toList())
                        + "] without impersonating a user");
            }
            if (!uid.isEmpty()) {
                throw ApiException.badRequest("requested [{UID " + uid + "}] without impersonating a user");
            }
            if (!extra.isEmpty()) {
                throw ApiException.badRequest("requested [{UserExtra " + extra.keySet().iterator().next() + "}] without impersonating a user");
            }
            return request;
        }
        User asker = request.user();
        groups.forEach(group -> authorizer.require(Attributes.resource(asker, "impersonate", "", "groups", group, "")));
        String[] account = name.split(":", -1);
        if (name.startsWith(ACCOUNT_PREFIX) && account.length == 4 && Names.dns1123Label(account[2]).isEmpty() && Names.dns1123Subdomain(account[3]).isEmpty()) {
            authorizer.require(Attributes.resource(asker, "impersonate", "", "serviceaccounts", account[3], account[2]));
            if (groups.isEmpty()) {
                groups.addAll(List.of("system:serviceaccounts", "system:serviceaccounts:" + account[2]));
            }
        } else {
            authorizer.require(Attributes.resource(asker, "impersonate", "", "users", name, ""));
        }
        if (!uid.isEmpty()) {
            authorizer.require(Attributes.resource(asker, "impersonate", "authentication.k8s.io", "uids", uid, ""));
        }
        extra.forEach((key, values) -> values.forEach(value -> authorizer.require(new Attributes(asker, true, "impersonate", "authentication.k8s.io", "userextras",
                key, value, "", ""))));
        String always = name.equals(User.ANONYMOUS.name()) ? User.UNAUTHENTICATED : User.AUTHENTICATED;
        if (!groups.contains(always)) {
            groups.add(always);
        }
        return request.as(new User(name, uid, groups, extra));
    }

    /** Values by key: the header's name after its prefix, in lower case, percent-decoded. */
    private static Map<String, List<String>> extra(Headers headers) {
        Map<String, List<String>> extra = new TreeMap<>();
        for (Map.Entry<String, String> header : headers.all()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (name.startsWith(EXTRA_PREFIX)) {
                extra.computeIfAbsent(Query.decode(name.substring(EXTRA_PREFIX.length()).replace("+", "%2B")), key -> new ArrayList<>()).add(header.getValue());
            }
        }
        return extra;
    }
}
