package io.skerry.apiserver.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start makes of default roles and bindings that are there already. */
class RoleReconcilerTest {
    private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1/";
    private static final String SCHEDULER = RBAC + "clusterroles/system:kube-scheduler";
    private static final String VIEWERS = RBAC + "clusterrolebindings/system:public-info-viewer";

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

    private void restart() {
        stop();
        start();
    }

    private JsonNode get(String path) {
        return api.send("GET", path, null).body();
    }

    private Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        for (String plural : List.of("clusterroles", "clusterrolebindings", "roles", "rolebindings")) {
            get(RBAC + plural).path("items").forEach(item -> versions.put(plural + "/" + Json.text(item, "metadata", "namespace") + "/" + Json.text(item, "metadata", "name"),
                    Json.text(item, "metadata", "resourceVersion")));
        }
        return versions;
    }

    private void merge(String path, String patch) {
        assertThat(api.patch(path, "application/merge-patch+json", patch).code()).isEqualTo(200);
    }

    @Test
    void nothingIsWrittenWhenNothingIsMissing() {
        Map<String, String> before = versions();
        restart();
        assertThat(before).hasSizeGreaterThan(120);
        assertThat(versions()).isEqualTo(before);
    }

    @Test
    void rulesThatGiveTheSameAreEnough() {
        // as an older version cut them, and one that somebody added
        merge(RBAC + "clusterroles/system:kube-dns", """
                {"rules":[{"apiGroups":[""],"resources":["endpoints"],"verbs":["list"]},{"apiGroups":[""],"resources":["endpoints"],"verbs":["*"]},
                {"apiGroups":[""],"resources":["services"],"verbs":["list","watch"]},{"apiGroups":[""],"resources":["nodes"],"verbs":["get"]}]}""");
        JsonNode before = get(RBAC + "clusterroles/system:kube-dns");
        restart();
        assertThat(get(RBAC + "clusterroles/system:kube-dns")).isEqualTo(before);
    }

    @Test
    void aMissingRuleIsAddedAndMoreStays() {
        JsonNode whole = get(SCHEDULER).path("rules");
        // one that holds for a name alone gives less than one that holds for all
        merge(SCHEDULER, """
                {"rules":[{"apiGroups":[""],"resources":["nodes"],"verbs":["get","list","watch"],"resourceNames":["a"]}]}""");
        restart();
        JsonNode rules = get(SCHEDULER).path("rules");
        assertThat(rules).hasSize(whole.size() + 1).containsAll(whole);
        assertThat(rules.get(0).has("resourceNames")).isTrue();
        merge(SCHEDULER, "{\"rules\":[],\"metadata\":{\"annotations\":{\"rbac.authorization.kubernetes.io/autoupdate\":\"false\"}}}");
        restart();
        assertThat(get(SCHEDULER).path("rules")).isEmpty();
    }

    @Test
    void labelsComeBackAndChangedOnesStay() {
        merge(RBAC + "clusterroles/system:aggregate-to-view", """
                {"metadata":{"labels":{"rbac.authorization.k8s.io/aggregate-to-view":null,"kubernetes.io/bootstrapping":"mine"},"annotations":null}}""");
        restart();
        JsonNode metadata = get(RBAC + "clusterroles/system:aggregate-to-view").path("metadata");
        assertThat(metadata.path("labels")).isEqualTo(Json.parse("{\"kubernetes.io/bootstrapping\":\"mine\",\"rbac.authorization.k8s.io/aggregate-to-view\":\"true\"}"));
        assertThat(Json.text(metadata, "annotations", RoleReconciler.AUTO_UPDATE)).isEqualTo("true");
    }

    @Test
    void subjectsAreAddedAndMoreStay() {
        merge(VIEWERS, """
                {"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"ann"},
                {"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"system:authenticated"}]}""");
        restart();
        assertThat(get(VIEWERS).path("subjects")).extracting(subject -> Json.text(subject, "name")).containsExactly("ann", "system:authenticated", "system:unauthenticated");
    }

    @Test
    void aBindingOfAnotherRoleIsMadeAnew() {
        api.send("DELETE", VIEWERS, null);
        api.make(RBAC + "clusterrolebindings", """
                {metadata: {name: 'system:public-info-viewer'}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view},
                subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann}]}""");
        restart();
        assertThat(Json.text(get(VIEWERS), "roleRef", "name")).isEqualTo("system:public-info-viewer");
        assertThat(get(VIEWERS).path("subjects")).extracting(subject -> Json.text(subject, "name")).containsExactly("system:authenticated", "system:unauthenticated");
    }

    /** A rule that the aggregation controller found in a custom part of it is no rule to be cleared, nor one to be missed. */
    @Test
    void rulesOfAggregatedRolesAreLeftToTheirController() {
        merge(RBAC + "clusterroles/edit", "{\"rules\":[],\"aggregationRule\":{\"clusterRoleSelectors\":[{\"matchLabels\":{\"mine\":\"yes\"}}]}}");
        restart();
        JsonNode edit = get(RBAC + "clusterroles/edit");
        assertThat(edit.path("rules")).isEmpty();
        assertThat(Json.at(edit, "aggregationRule", "clusterRoleSelectors")).isEqualTo(Json.parse(
                "[{\"matchLabels\":{\"mine\":\"yes\"}},{\"matchLabels\":{\"rbac.authorization.k8s.io/aggregate-to-edit\":\"true\"}}]"));
    }

    /** The Role that servers before this one made for APIServices' servers, without labels. */
    @Test
    void anOlderServersRoleIsTakenOver() {
        String role = RBAC + "namespaces/kube-system/roles/extension-apiserver-authentication-reader";
        merge(role, "{\"metadata\":{\"labels\":null,\"annotations\":null}}");
        restart();
        assertThat(Json.text(get(role), "metadata", "labels", "kubernetes.io/bootstrapping")).isEqualTo("rbac-defaults");
        assertThat(get(role).path("rules")).hasSize(1);
    }
}
