package io.skerry.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Map;

/**
 * An authenticated identity, as authentication.k8s.io/v1 UserInfo.
 *
 * @param uid   empty when the authenticator knows none
 * @param extra   further attributes, e.g. {@code authentication.kubernetes.io/pod-name}
 * @param remarks what is to be told of the credentials; no part of the identity that others are shown
 */
public record User(String name, String uid, List<String> groups, Map<String, List<String>> extra, Remarks remarks) {

    /**
     * What is told of the credentials that a request came with.
     *
     * @param warnings to its sender
     * @param audit    to the audit log: annotations
     */
    public record Remarks(List<String> warnings, Map<String, String> audit) {
        public static final Remarks NONE = new Remarks(List.of(), Map.of());
    }

    public static final String AUTHENTICATED = "system:authenticated";
    public static final String UNAUTHENTICATED = "system:unauthenticated";
    public static final String MASTERS = "system:masters";

    public static final User ANONYMOUS = new User("system:anonymous", "", List.of(UNAUTHENTICATED), Map.of());

    /** Whose credentials are not good. */
    public static final User UNKNOWN = new User("");

    public User {
        groups = List.copyOf(groups);
        extra = Map.copyOf(extra);
    }

    public User(String name, String uid, List<String> groups, Map<String, List<String>> extra) {
        this(name, uid, groups, extra, Remarks.NONE);
    }

    public User(String name, String... groups) {
        this(name, "", List.of(groups), Map.of());
    }

    /** A member of system:masters, for components of the appliance itself. */
    public static User master(String name) {
        return new User(name, MASTERS, AUTHENTICATED);
    }

    public boolean isAnonymous() {
        return groups.contains(UNAUTHENTICATED);
    }

    public boolean in(String group) {
        return groups.contains(group);
    }

    /** As reviews, webhooks and the audit log show it: authentication.k8s.io/v1 UserInfo, without what is empty. */
    public ObjectNode info() {
        ObjectNode info = Json.object().put("username", name);
        if (!uid.isEmpty()) {
            info.put("uid", uid);
        }
        ArrayNode list = info.putArray("groups");
        groups.forEach(list::add);
        if (!extra.isEmpty()) {
            ObjectNode more = info.putObject("extra");
            extra.forEach((key, values) -> values.forEach(more.putArray(key)::add));
        }
        return info;
    }
}
