package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who someone is and what they may do. */
class AccessTest {
    private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1";
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";
    private static final String LABEL = "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}";
    private static final String FINALIZER = "{\"metadata\":{\"finalizers\":[\"example.org/held\"]}}";
    private static final User JANE = new User("jane", User.AUTHENTICATED);

    @TempDir
    Path folder;
    TestServer api;

    @BeforeEach
    void start() {
        api = new TestServer(folder);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private void role(String rules) {
        api.send("POST", RBAC + "/namespaces/default/roles", "{metadata: {name: r}, rules: " + rules + "}");
        assertThat(api.send("POST", RBAC + "/namespaces/default/rolebindings", "{metadata: {name: b}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r},"
                + " subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]}").code()).isEqualTo(201);
    }

    /** Gives jane these rules cluster-wide. */
    private void cluster(String name, String rules) {
        assertThat(api.send("POST", RBAC + "/clusterroles", "{metadata: {name: " + name + "}, rules: " + rules + "}").code()).isEqualTo(201);
        assertThat(api.send("POST", RBAC + "/clusterrolebindings", "{metadata: {name: " + name + "}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole,"
                + " name: " + name + "}, subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]}").code()).isEqualTo(201);
    }

    @Test
    void nobodyMayDoAnythingWithoutARule() {
        var refused = api.sendAs(JANE, "GET", MAPS, null);
        assertThat(refused.code()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).isEqualTo(
                "configmaps is forbidden: User \"jane\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\"");
        assertThat(Json.text(api.sendAs(JANE, "GET", "/api/v1/nodes/n", null).body(), "message")).isEqualTo(
                "nodes \"n\" is forbidden: User \"jane\" cannot get resource \"nodes\" in API group \"\" at the cluster scope");
        assertThat(api.sendAs(JANE, "GET", "/apis", null).code()).as("discovery is for all who are known").isEqualTo(200);
        assertThat(Json.text(api.sendAs(User.ANONYMOUS, "GET", "/apis", null).body(), "message"))
                .isEqualTo("forbidden: User \"system:anonymous\" cannot get path \"/apis\"");
        assertThat(api.sendAs(User.ANONYMOUS, "GET", "/version", null).code()).isEqualTo(200);
        assertThat(api.sendAs(User.ANONYMOUS, "GET", "/readyz", null).code()).isEqualTo(200);
    }

    @Test
    void aRoleAllowsWhatItSays() {
        role("[{apiGroups: [''], resources: [configmaps], verbs: [get, list]}, {apiGroups: [''], resources: [secrets], resourceNames: [mine], verbs: [get]},"
                + " {apiGroups: [''], resources: [pods/log], verbs: [get]}]");
        assertThat(api.sendAs(JANE, "GET", MAPS, null).code()).isEqualTo(200);
        assertThat(api.sendAs(JANE, "GET", "/api/v1/configmaps", null).code()).isEqualTo(403);
        assertThat(api.sendAs(JANE, "GET", "/api/v1/namespaces/kube-system/configmaps", null).code()).isEqualTo(403);
        assertThat(api.sendAs(JANE, "POST", MAPS, "{metadata: {name: a}}").code()).isEqualTo(403);
        assertThat(api.sendAs(JANE, "GET", "/api/v1/namespaces/default/secrets/mine", null).code()).as("allowed, but not there").isEqualTo(404);
        assertThat(api.sendAs(JANE, "GET", "/api/v1/namespaces/default/secrets/other", null).code()).isEqualTo(403);
        assertThat(api.sendAs(JANE, "GET", "/api/v1/namespaces/default/pods/p", null).code()).isEqualTo(403);
        assertThat(api.send("DELETE", RBAC + "/namespaces/default/rolebindings/b", null).code()).isEqualTo(200);
        assertThat(api.sendAs(JANE, "GET", MAPS, null).code()).isEqualTo(403);
    }

    @Test
    void aNamedWatchShowsNothingElse() {
        role("[{apiGroups: [''], resources: [configmaps], resourceNames: [mine], verbs: [watch, list]}]");
        api.send("POST", MAPS, "{metadata: {name: mine}}");
        api.send("POST", MAPS, "{metadata: {name: other}}");
        String watch = "/api/v1/watch/namespaces/default/configmaps";
        for (String selector : List.of("", "&fieldSelector=metadata.namespace=default", "&fieldSelector=metadata.name!=nothing", "&labelSelector=!none")) {
            var shown = api.sendAs(JANE, "GET", watch + "/mine?timeoutSeconds=1" + selector, null);
            assertThat(shown.code()).isEqualTo(200);
            assertThat(shown.body().toString()).as(selector).contains("mine").doesNotContain("other").doesNotContain("kube-root-ca");
        }
        assertThat(api.sendAs(JANE, "GET", watch + "/mine?timeoutSeconds=1&fieldSelector=metadata.name=other", null).body().toString()).doesNotContain("other");
        var listed = api.sendAs(JANE, "GET", MAPS + "?fieldSelector=metadata.name=mine", null);
        assertThat(Json.at(listed.body(), "items")).hasSize(1);
        assertThat(api.sendAs(JANE, "GET", watch + "?timeoutSeconds=1&fieldSelector=metadata.namespace=default", null).code()).isEqualTo(403);
        assertThat(api.sendAs(JANE, "DELETE", watch + "/mine", null).code()).as("no verb watch").isEqualTo(403);
        for (String method : List.of("DELETE", "POST", "PUT", "PATCH")) {
            assertThat(api.send(method, watch + "/mine", "{}").code()).as(method).isEqualTo(404);
        }
        assertThat(api.send("GET", MAPS + "/mine", null).code()).as("nothing was deleted").isEqualTo(200);
    }

    @Test
    void aCollectionIsNotChangedAndAnObjectNotCreatedInto() {
        role("[{apiGroups: [''], resources: [configmaps], resourceNames: [mine], verbs: [create, update, patch]}]");
        assertThat(api.sendAs(JANE, "POST", MAPS + "/mine", "{metadata: {name: other}}").code()).isEqualTo(405);
        assertThat(api.send("GET", MAPS + "/other", null).code()).as("nothing was created").isEqualTo(404);
        assertThat(api.sendAs(JANE, "POST", MAPS + "/other", "{metadata: {name: other}}").code()).as("who may not learns no more").isEqualTo(403);
        assertThat(api.sendAs(JANE, "PUT", MAPS, "{metadata: {name: mine}}").code()).isEqualTo(403);
        for (String method : List.of("PUT", "PATCH")) {
            assertThat(api.send(method, MAPS, "{metadata: {name: mine}}").code()).as(method).isEqualTo(405);
        }
        assertThat(api.send("POST", "/api/v1/namespaces/new", "{metadata: {name: new}}").code()).isEqualTo(405);
        assertThat(api.send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/mine", "{}").code()).as("of nothing stored").isEqualTo(405);
        assertThat(api.send("POST", "/api/v1/namespaces/default/serviceaccounts/none/token", "{}").code()).as("a subresource has a name").isEqualTo(404);
    }

    @Test
    void nobodyGrantsWhatTheyHaveNot() {
        role("[{apiGroups: [''], resources: [configmaps], verbs: [get]}, {apiGroups: [rbac.authorization.k8s.io], resources: ['*'], verbs: [create]}]");
        String roles = RBAC + "/namespaces/default/roles";
        assertThat(api.sendAs(JANE, "POST", roles, "{metadata: {name: less}, rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]}").code()).isEqualTo(201);
        var refused = api.sendAs(JANE, "POST", roles, "{metadata: {name: more}, rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]}");
        assertThat(refused.code()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).endsWith("is attempting to grant RBAC permissions not currently held:\n"
                + "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}");
        String binding = "{metadata: {name: x}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s},"
                + " subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]}";
        assertThat(api.sendAs(JANE, "POST", RBAC + "/namespaces/default/rolebindings", binding.formatted("cluster-admin")).code()).isEqualTo(403);
    }

    @Test
    void aNamespaceInThePathLeadsToNothingClusterWide() {
        assertThat(api.send("POST", RBAC + "/namespaces/default/rolebindings", "{metadata: {name: b}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole,"
                + " name: cluster-admin}, subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]}").code()).isEqualTo(201);
        String namespace = "/api/v1/namespaces/default";
        assertThat(api.sendAs(JANE, "GET", MAPS, null).code()).as("she may do all in her namespace").isEqualTo(200);
        var refused = api.sendAs(JANE, "POST", RBAC + "/namespaces/default/clusterrolebindings", "{metadata: {name: mine}, roleRef: {apiGroup:"
                + " rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}, subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]}");
        assertThat(refused.code()).isEqualTo(404);
        assertThat(Json.text(refused.body(), "message")).isEqualTo("the server could not find the requested resource");
        assertThat(api.send("GET", RBAC + "/clusterrolebindings/mine", null).code()).isEqualTo(404);
        for (String path : List.of("/namespaces", "/namespaces/kube-system", "/namespaces/default", "/namespaces?fieldSelector=metadata.name=default",
                "/namespaces/default/status", "/nodes", "/persistentvolumes/v")) {
            assertThat(api.sendAs(JANE, "GET", namespace + path, null).code()).as(path).isEqualTo(404);
            assertThat(api.send("GET", namespace + path, null).code()).as(path).isEqualTo(404);
        }
        assertThat(api.sendAs(JANE, "GET", "/api/v1/watch/namespaces/default/namespaces?timeoutSeconds=1", null).code()).isEqualTo(404);
        assertThat(api.sendAs(JANE, "GET", "/api/v1/namespaces", null).code()).isEqualTo(403);
        // the namespace itself belongs to what its admin may see
        assertThat(api.sendAs(JANE, "GET", namespace, null).code()).isEqualTo(200);
        assertThat(api.sendAs(JANE, "GET", namespace + "/status", null).code()).isEqualTo(200);
        assertThat(api.sendAs(JANE, "GET", "/api/v1/namespaces/kube-system", null).code()).isEqualTo(403);
        assertThat(patch(JANE, namespace, LABEL).code()).isEqualTo(200);
    }

    @Test
    void onlyWhoMayDoAllAggregates() {
        cluster("writer", "[{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [create, update, patch]}]");
        String roles = RBAC + "/clusterroles";
        String role = "{metadata: {name: %s}, rules: [], aggregationRule: {clusterRoleSelectors: [{matchLabels: {'kubernetes.io/bootstrapping': rbac-defaults}}]}}";
        var refused = api.sendAs(JANE, "POST", roles, role.formatted("all"));
        assertThat(refused.code()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).isEqualTo("clusterroles.rbac.authorization.k8s.io \"all\" is forbidden:"
                + " must have cluster-admin privileges to use the aggregationRule");
        assertThat(api.sendAs(JANE, "POST", roles, "{metadata: {name: none}, rules: []}").code()).isEqualTo(201);
        assertThat(api.sendAs(JANE, "PUT", roles + "/none", role.formatted("none")).code()).as("no way round by an update").isEqualTo(403);
        assertThat(api.send("POST", roles, role.formatted("hers")).code()).isEqualTo(201);
        assertThat(api.sendAs(JANE, "PUT", roles + "/hers", "{metadata: {name: hers}, rules: []}").code()).as("nor may she end one").isEqualTo(403);
        assertThat(patch(JANE, roles + "/hers", LABEL).code()).as("its label may draw it into another").isEqualTo(403);
        assertThat(patch(JANE, roles + "/hers", FINALIZER).code()).as("what it grants stays").isEqualTo(200);
        cluster("all-resources", "[{apiGroups: ['*'], resources: ['*'], verbs: ['*'], resourceNames: [x]}, {nonResourceURLs: ['*'], verbs: ['*']}]");
        assertThat(api.sendAs(JANE, "POST", roles, role.formatted("all")).code()).as("all, but of one name").isEqualTo(403);
        cluster("escalator", "[{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate]}]");
        assertThat(api.sendAs(JANE, "POST", roles, role.formatted("escalated")).code()).isEqualTo(201);
        api.send("DELETE", RBAC + "/clusterrolebindings/escalator", null);
        assertThat(api.sendAs(JANE, "POST", roles, role.formatted("all")).code()).isEqualTo(403);
        cluster("everything", "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}, {nonResourceURLs: ['*'], verbs: ['*']}]");
        assertThat(api.sendAs(JANE, "POST", roles, role.formatted("all")).code()).isEqualTo(201);
    }

    @Test
    void onlyWhoHoldsARoleChangesIt() {
        cluster("writer", "[{apiGroups: [rbac.authorization.k8s.io], resources: ['*'], verbs: [update, patch]}]");
        api.send("POST", RBAC + "/namespaces/default/roles", "{metadata: {name: r}, rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]}");
        String reference = "{apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}, subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]}";
        api.send("POST", RBAC + "/namespaces/default/rolebindings", "{metadata: {name: b}, roleRef: " + reference);
        List<String> others = List.of("/clusterroles/cluster-admin", "/clusterrolebindings/cluster-admin", "/namespaces/default/roles/r", "/namespaces/default/rolebindings/b");
        for (String other : others) {
            assertThat(patch(JANE, RBAC + other, LABEL).code()).as(other).isEqualTo(403);
            assertThat(patch(JANE, RBAC + other, "{}").code()).as(other + ", as it is").isEqualTo(200);
            assertThat(patch(JANE, RBAC + other, FINALIZER).code()).as(other + ", for its deletion").isEqualTo(200);
        }
        assertThat(Json.text(patch(JANE, RBAC + "/clusterroles/cluster-admin", "{\"metadata\":{\"labels\":{\"rbac.authorization.k8s.io/aggregate-to-view\":\"true\"}}}").body(),
                "message")).startsWith("clusterroles.rbac.authorization.k8s.io \"cluster-admin\" is forbidden: user \"jane\" (groups=[\"system:authenticated\"])"
                + " is attempting to grant RBAC permissions not currently held:\n");
        assertThat(patch(JANE, RBAC + "/clusterroles/writer", LABEL).code()).as("what she holds").isEqualTo(200);
        assertThat(patch(JANE, RBAC + "/clusterrolebindings/writer", LABEL).code()).isEqualTo(200);
        cluster("escalator", "[{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings, roles], verbs: [escalate, bind]}]");
        for (String other : others) {
            assertThat(patch(JANE, RBAC + other, LABEL).code()).as(other).isEqualTo(200);
        }
    }

    @Test
    void defaultRolesAreMadeWholeAtStart() {
        String role = RBAC + "/clusterroles/system:discovery";
        api.patch(role, "application/merge-patch+json", "{\"rules\":[]}");
        assertThat(api.sendAs(JANE, "GET", "/apis", null).code()).isEqualTo(403);
        api.close();
        start();
        assertThat(api.sendAs(JANE, "GET", "/apis", null).code()).isEqualTo(200);
        api.patch(role, "application/merge-patch+json", "{\"rules\":[],\"metadata\":{\"annotations\":{\"rbac.authorization.kubernetes.io/autoupdate\":\"false\"}}}");
        api.close();
        start();
        assertThat(api.sendAs(JANE, "GET", "/apis", null).code()).as("its owner said no").isEqualTo(403);
    }

    @Test
    void reviewsAnswer() {
        role("[{apiGroups: [''], resources: [configmaps], verbs: [get]}]");
        String review = "{spec: {resourceAttributes: {namespace: default, verb: %s, resource: configmaps}}}";
        String path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        assertThat(Json.at(api.sendAs(JANE, "POST", path, review.formatted("get")).body(), "status", "allowed").asBoolean()).isTrue();
        assertThat(Json.at(api.sendAs(JANE, "POST", path, review.formatted("delete")).body(), "status", "allowed").asBoolean()).isFalse();
        JsonNode rules = api.sendAs(JANE, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "{spec: {namespace: default}}").body();
        assertThat(Json.at(rules, "status", "resourceRules").toString()).contains("\"resources\":[\"configmaps\"]");
        JsonNode who = api.sendAs(JANE, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}").body();
        assertThat(Json.text(who, "status", "userInfo", "username")).isEqualTo("jane");
        JsonNode other = api.send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                "{spec: {user: jane, resourceAttributes: {namespace: default, verb: get, resource: configmaps}}}").body();
        assertThat(Json.text(other, "status", "reason")).isEqualTo("RBAC: allowed by RoleBinding \"b/default\" of Role \"r\"");
    }

    private JsonNode nodeMay(String selectors) {
        var answer = api.send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "{spec: {user: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'],"
                + " resourceAttributes: {verb: list, resource: pods, " + selectors + "}}}");
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return answer.body().path("status");
    }

    @Test
    void reviewsHeedTheFieldSelector() {
        assertThat(Json.text(nodeMay("group: ''"), "reason")).isEqualTo("can only list/watch pods with spec.nodeName field selector");
        for (String mine : List.of("{rawSelector: 'spec.nodeName=n1'}", "{rawSelector: 'status.phase!=Failed,spec.nodeName==n1'}",
                "{requirements: [{key: spec.nodeName, operator: In, values: [n1]}]}")) {
            JsonNode status = nodeMay("fieldSelector: " + mine);
            assertThat(status.path("allowed").asBoolean()).as(mine).isTrue();
            assertThat(status.has("evaluationError")).as(mine).isFalse();
        }
        for (String notMine : List.of("{rawSelector: 'spec.nodeName=n2'}", "{rawSelector: 'spec.nodeName!=n1'}", "{requirements: [{key: spec.nodeName, operator: NotIn, values: [n1]}]}",
                "{requirements: [{key: spec.nodeName, operator: In, values: ['n1,x=y']}]}")) {
            JsonNode status = nodeMay("fieldSelector: " + notMine);
            assertThat(status.path("allowed").asBoolean()).as(notMine).isFalse();
            assertThat(status.has("evaluationError")).as(notMine).isFalse();
        }
        for (String unknown : List.of("{rawSelector: 'key in value'}", "{requirements: [{key: spec.nodeName, operator: Like, values: [n1]}]}",
                "{requirements: [{key: spec.nodeName, operator: In, values: [n1, n2]}]}", "{requirements: [{key: 'spec.nodeName=n1,x', operator: In, values: [y]}]}")) {
            JsonNode status = nodeMay("fieldSelector: " + unknown);
            assertThat(status.path("allowed").asBoolean()).as(unknown).isFalse();
            assertThat(Json.text(status, "evaluationError")).as(unknown).isEqualTo("spec.resourceAttributes.fieldSelector ignored due to parse error");
        }
        JsonNode partly = nodeMay("fieldSelector: {requirements: [{key: spec.nodeName, operator: In, values: [n1]}, {key: x, operator: Exists}]}, labelSelector: {rawSelector: '&'}");
        assertThat(partly.path("allowed").asBoolean()).isTrue();
        assertThat(Json.text(partly, "evaluationError")).isEqualTo("spec.resourceAttributes.fieldSelector partially ignored due to parse error;"
                + " spec.resourceAttributes.labelSelector ignored due to parse error");
    }

    @Test
    void selectorsOfReviewsAreValidated() {
        Map<String, String> bad = Map.of(
                "fieldSelector: {rawSelector: a=b, requirements: [{key: a, operator: In, values: [b]}]}",
                "spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: \"a=b\": may not specified at the same time as requirements",
                "labelSelector: {}",
                "spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required",
                "fieldSelector: {requirements: [{key: '', operator: Like}]}", "spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified",
                "fieldSelector: {requirements: [{key: a, operator: In}]}",
                "spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
                "labelSelector: {requirements: [{key: a, operator: Exists, values: [b]}]}",
                "spec.resourceAttributes.labelSelector.requirements[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                "labelSelector: {requirements: [{key: 'a b', operator: Exists}]}", "spec.resourceAttributes.labelSelector.requirements[0].key: Invalid value: \"a b\": ");
        bad.forEach((selectors, message) -> {
            var answer = api.sendAs(JANE, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{spec: {resourceAttributes: {verb: list, resource: pods, " + selectors + "}}}");
            assertThat(answer.code()).as(selectors).isEqualTo(422);
            assertThat(Json.text(answer.body(), "message")).contains(message);
        });
    }

    @Test
    void eachHeaderIsOneImpersonatedGroup() {
        Map<String, String> headers = new LinkedHashMap<>(Map.of("Content-Type", "application/json", "Impersonate-User", "jane"));
        headers.put("Impersonate-Group", "cn=ops,ou=edge");
        headers.put("impersonate-group", "b");
        byte[] review = "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}".getBytes(StandardCharsets.UTF_8);
        var who = DirectCall.send(api.server, TestServer.ADMIN, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", headers, review);
        assertThat(Json.at(who.body(), "status", "userInfo", "groups")).isEqualTo(Json.parse("[\"cn=ops,ou=edge\",\"b\",\"system:authenticated\"]"));
        cluster("one-group", "[{apiGroups: [''], resources: [users, groups], resourceNames: [ann, a, b], verbs: [impersonate]}]");
        assertThat(DirectCall.send(api.server, JANE, "GET", "/api", Map.of("Impersonate-User", "ann", "Impersonate-Group", "a"), ApiRequest.NO_BODY).code()).isEqualTo(200);
        var refused = DirectCall.send(api.server, JANE, "GET", "/api", Map.of("Impersonate-User", "ann", "Impersonate-Group", "a,b"), ApiRequest.NO_BODY);
        assertThat(refused.code()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).startsWith("groups \"a,b\" is forbidden: User \"jane\" cannot impersonate resource \"groups\"");
        var nobody = DirectCall.send(api.server, TestServer.ADMIN, "GET", "/api", Map.of("Impersonate-Group", "a"), ApiRequest.NO_BODY);
        assertThat(nobody.code()).isEqualTo(400);
        assertThat(Json.text(nobody.body(), "message")).isEqualTo("requested [{Group a}] without impersonating a user");
    }

    @Test
    void impersonationNeedsItsVerb() {
        Map<String, String> headers = Map.of("Impersonate-User", "jane");
        assertThat(DirectCall.send(api.server, TestServer.ADMIN, "GET", MAPS, headers, ApiRequest.NO_BODY).code()).isEqualTo(403);
        assertThat(DirectCall.send(api.server, TestServer.ADMIN, "GET", "/api", headers, ApiRequest.NO_BODY).code()).isEqualTo(200);
        var refused = DirectCall.send(api.server, JANE, "GET", "/api", Map.of("Impersonate-User", "admin"), ApiRequest.NO_BODY);
        assertThat(Json.text(refused.body(), "message")).startsWith("users \"admin\" is forbidden: User \"jane\" cannot impersonate resource \"users\"");
    }

    private DirectCall.Answer patch(User user, String path, String patch) {
        return DirectCall.send(api.server, user, "PATCH", path, Map.of("Content-Type", "application/merge-patch+json"), patch.getBytes(StandardCharsets.UTF_8));
    }

    /** Seconds until the token is no longer valid, whatever its answer said. */
    private long lifetime(String spec) {
        String token = Json.text(api.send("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", "{spec: " + spec + "}").body(), "status", "token");
        JsonNode claims = Json.parse(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
        return claims.path("exp").asLong() - claims.path("iat").asLong();
    }

    /** What is not quite an account's name is a user's. */
    @Test
    void aServiceAccountIsImpersonatedByItsWholeName() {
        cluster("accounts", "[{apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate]}]");
        assertThat(DirectCall.send(api.server, JANE, "GET", "/api", Map.of("Impersonate-User", "system:serviceaccount:p7:x"), ApiRequest.NO_BODY).code()).isEqualTo(200);
        for (String name : List.of("system:serviceaccount:p7:x:", "system:serviceaccount:p7:x::", "system:serviceaccount::x", "system:serviceaccount:p7:", "system:serviceaccount:p7:X")) {
            var refused = DirectCall.send(api.server, JANE, "GET", "/api", Map.of("Impersonate-User", name), ApiRequest.NO_BODY);
            assertThat(refused.code()).as(name).isEqualTo(403);
            assertThat(Json.text(refused.body(), "message")).startsWith("users \"" + name + "\" is forbidden");
        }
    }

    @Test
    void onlyWhatEndsWithAPodLivesForAYear() {
        api.send("POST", "/api/v1/namespaces/default/pods", "{metadata: {name: p}, spec: {containers: [{name: c, image: busybox}]}}");
        api.send("POST", "/api/v1/namespaces/default/secrets", "{metadata: {name: s}}");
        assertThat(lifetime("{expirationSeconds: 3607, boundObjectRef: {apiVersion: v1, kind: Pod, name: p}}")).isEqualTo(365 * 24 * 3600);
        assertThat(lifetime("{expirationSeconds: 3607, boundObjectRef: {apiVersion: v1, kind: Secret, name: s}}")).isEqualTo(3607);
        assertThat(lifetime("{expirationSeconds: 3607}")).as("bound to nothing").isEqualTo(3607);
        assertThat(lifetime("{expirationSeconds: 3607, audiences: [vault], boundObjectRef: {apiVersion: v1, kind: Pod, name: p}}")).isEqualTo(3607);
        assertThat(lifetime("{expirationSeconds: 3600, boundObjectRef: {apiVersion: v1, kind: Pod, name: p}}")).isEqualTo(3600);
    }

    @Test
    void tokensLiveAsLongAsTheirPod() {
        api.send("POST", "/api/v1/namespaces/default/pods", "{metadata: {name: p}, spec: {containers: [{name: c, image: busybox}]}}");
        String path = "/api/v1/namespaces/default/serviceaccounts/default/token";
        JsonNode granted = api.send("POST", path, "{spec: {expirationSeconds: 3607, boundObjectRef: {apiVersion: v1, kind: Pod, name: p}}}").body();
        String token = Json.text(granted, "status", "token");
        User user = api.server.authenticator().authenticate(null, "Bearer " + token);
        assertThat(user.name()).isEqualTo("system:serviceaccount:default:default");
        assertThat(user.groups()).containsExactly("system:serviceaccounts", "system:serviceaccounts:default", User.AUTHENTICATED);
        assertThat(user.extra()).containsEntry("authentication.kubernetes.io/pod-name", List.of("p"));
        JsonNode review = api.send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", "{spec: {token: " + token + "}}").body();
        assertThat(Json.at(review, "status", "authenticated").asBoolean()).isTrue();
        int at = token.lastIndexOf('.') + 10;
        String forged = token.substring(0, at) + (token.charAt(at) == 'A' ? 'B' : 'A') + token.substring(at + 1);
        assertThatThrownBy(() -> api.server.authenticator().authenticate(null, "Bearer " + forged)).isInstanceOf(ApiException.class).hasMessage("Unauthorized");
        String other = Json.text(api.send("POST", path, "{spec: {audiences: [vault]}}").body(), "status", "token");
        assertThatThrownBy(() -> api.server.authenticator().authenticate(null, "Bearer " + other)).hasMessage("Unauthorized");
        api.send("DELETE", "/api/v1/namespaces/default/pods/p", null);
        assertThatThrownBy(() -> api.server.authenticator().authenticate(null, "Bearer " + token)).hasMessage("Unauthorized");
        assertThat(api.send("POST", path, "{spec: {expirationSeconds: 5}}").code()).isEqualTo(422);
        assertThat(api.server.authenticator().authenticate(null, null)).isEqualTo(User.ANONYMOUS);
    }
}
