package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.authz.Rbac;
import io.skerry.apiserver.authz.Rule;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;

/**
 * Makes a default role or binding that is not there, and gives the one that is what it lacks: rules, subjects, labels, annotations. What somebody added stays, and
 * nothing is written when nothing is missing. The annotation {@link #AUTO_UPDATE} with the value {@code false} keeps an object as it is (upstream's
 * auto-reconciliation of default roles).
 */
final class RoleReconciler {
    static final String AUTO_UPDATE = "rbac.authorization.kubernetes.io/autoupdate";

    private static final System.Logger LOG = System.getLogger(RoleReconciler.class.getName());

    private final AtomicBoolean told = new AtomicBoolean();
    private final ApiHandler server;
    private final User user;
    private final Store store;

    RoleReconciler(ApiHandler server, User user, Store store) {
        this.server = server;
        this.user = user;
        this.store = store;
    }

    /** @throws IllegalStateException with the server's message when it refuses what is asked */
    void reconcile(ObjectNode wanted) {
        String plural = Json.text(wanted, "kind").toLowerCase(Locale.ROOT) + "s";
        String namespace = Json.text(wanted, "metadata", "namespace");
        String name = Json.text(wanted, "metadata", "name");
        String collection = "/apis/" + Roles.GROUP + "/v1/" + (namespace.isEmpty() ? "" : "namespaces/" + namespace + "/") + plural;
        ObjectNode present = store.tree(Roles.GROUP, plural, namespace.isEmpty() ? name : namespace + "/" + name);
        if (present == null) {
            send("POST", collection, wanted);
        } else if (!Json.text(present, "metadata", "annotations", AUTO_UPDATE).equals("false")) {
            if (wanted.has("roleRef") && !same(present.path("roleRef"), wanted.path("roleRef"))) {
                send("DELETE", collection + "/" + name, null); // what a binding binds never changes
                send("POST", collection, wanted);
                return;
            }
            ObjectNode whole = completed(present, wanted);
            if (!whole.equals(present)) {
                send("PUT", collection + "/" + name, whole);
            }
        }
    }

    /** What is there, with all that is wanted and was missing. */
    private static ObjectNode completed(ObjectNode present, ObjectNode wanted) {
        ObjectNode whole = present.deepCopy();
        for (String field : List.of("labels", "annotations")) {
            for (Map.Entry<String, JsonNode> each : Json.at(wanted, "metadata", field).properties()) {
                Json.ensureObject(whole, "metadata", field).putIfAbsent(each.getKey(), each.getValue());
            }
        }
        if (wanted.has("aggregationRule")) { // its rules are the aggregation controller's
            add(Json.ensureObject(whole, "aggregationRule"), "clusterRoleSelectors", Json.at(wanted, "aggregationRule", "clusterRoleSelectors"), JsonNode::equals);
        } else {
            List<Rule> held = Rbac.rules(present);
            List<Rule> rules = Rbac.rules(wanted);
            for (int i = 0; i < rules.size(); i++) {
                if (!rules.get(i).notIn(held).isEmpty()) {
                    array(whole, "rules").add(wanted.path("rules").get(i));
                }
            }
        }
        add(whole, "subjects", wanted.path("subjects"), RoleReconciler::same);
        return whole;
    }

    private static void add(ObjectNode whole, String field, JsonNode wanted, BiPredicate<JsonNode, JsonNode> same) {
        for (JsonNode each : wanted) {
            boolean there = false;
            for (JsonNode present : whole.path(field)) {
                there |= same.test(present, each);
            }
            if (!there) {
                array(whole, field).add(each);
            }
        }
    }

    private static ArrayNode array(ObjectNode of, String field) {
        return of.get(field) instanceof ArrayNode present ? present : of.putArray(field);
    }

    /** Subjects and roleRefs: their apiGroup follows from their kind. */
    private static boolean same(JsonNode a, JsonNode b) {
        return List.of("kind", "name", "namespace").stream().allMatch(field -> Json.text(a, field).equals(Json.text(b, field)));
    }

    /** Another server may have been faster; it writes the same. What the disk has no room for is written at a later start. */
    private void send(String method, String path, ObjectNode body) {
        DirectCall.Answer answer = DirectCall.send(server, user, method, path, body);
        boolean overtaken = answer.code() == 409 || answer.code() == 404 && !method.equals("POST");
        if (answer.code() >= 500) {
            if (told.compareAndSet(false, true)) {
                LOG.log(System.Logger.Level.WARNING, "default roles are not up to date, at " + path + ": " + Json.text(answer.body(), "message"));
            }
        } else if (answer.code() >= 300 && !overtaken) {
            throw new IllegalStateException("cannot set up " + path + ": " + Json.text(answer.body(), "message"));
        }
    }
}
