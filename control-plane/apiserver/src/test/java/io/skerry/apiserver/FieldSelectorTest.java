package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What field selectors find among objects of built-in types, as upstream's AddFieldLabelConversionFunc and ToSelectableFields of each have it. */
class FieldSelectorTest {
    private static final String CORE_EVENTS = "/api/v1/namespaces/default/events";
    private static final String EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events";

    @AutoClose
    final TestServer api = new TestServer();

    private List<String> found(String path, String selector) {
        var answer = api.send("GET", path + "?fieldSelector=" + selector, null);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        return names(answer.body());
    }

    private static List<String> names(JsonNode list) {
        return StreamSupport.stream(list.path("items").spliterator(), false).map(item -> Json.text(item, "metadata", "name")).toList();
    }

    /** An event of each group about a pod of its name. */
    private void makeEvents() {
        api.make(CORE_EVENTS, "{metadata: {name: old, labels: {l: '1'}}, involvedObject: {kind: Pod, namespace: default, name: old, uid: u1, fieldPath: 'spec.containers{a}'},"
                + " reason: Old, message: m, type: Normal, source: {component: kubelet}}");
        api.make(EVENTS, "{metadata: {name: new, labels: {l: '1'}}, eventTime: '2026-01-01T00:00:00.000000Z', action: a, reason: New, type: Warning,"
                + " reportingController: example.com/c, reportingInstance: i, regarding: {kind: Pod, namespace: default, name: new, uid: u2}}");
    }

    @Test
    void whoAskedFirstHidesNothingFromOthers() {
        makeEvents();
        assertThat(names(api.send("GET", EVENTS + "?labelSelector=l=1", null).body())).containsExactly("new", "old");
        assertThat(found(CORE_EVENTS, "involvedObject.name=old")).containsExactly("old");
        assertThat(found(CORE_EVENTS, "source=kubelet")).containsExactly("old");
        assertThat(found(EVENTS, "regarding.name=old")).containsExactly("old");
        assertThat(found(CORE_EVENTS, "involvedObject.name=new")).containsExactly("new");
    }

    @Test
    void eventsOfTheNewerGroupAreFoundByItsNames() {
        makeEvents();
        assertThat(found(EVENTS, "regarding.kind=Pod")).containsExactly("new", "old");
        assertThat(found(EVENTS, "regarding.kind=Pod,regarding.name!=old,regarding.namespace=default")).containsExactly("new");
        assertThat(found(EVENTS, "regarding.uid=u1")).containsExactly("old");
        assertThat(found(EVENTS, "regarding.fieldPath=spec.containers{a}")).containsExactly("old");
        assertThat(found(EVENTS, "regarding.resourceVersion=,regarding.apiVersion=")).containsExactly("new", "old");
        assertThat(found(EVENTS, "reportingController=example.com/c")).containsExactly("new");
        assertThat(found(EVENTS, "reason=Old")).containsExactly("old");
        assertThat(found(EVENTS, "type=Warning")).containsExactly("new");
        for (String core : List.of("involvedObject.name", "reportingComponent", "source")) {
            assertThat(api.send("GET", EVENTS + "?fieldSelector=" + core + "=x", null).code()).as(core).isEqualTo(400);
        }
    }

    @Test
    void theSourceOfAnEventIsItsComponentOrItsController() {
        makeEvents();
        assertThat(found(CORE_EVENTS, "source=kubelet")).containsExactly("old");
        assertThat(found(CORE_EVENTS, "source=example.com/c")).containsExactly("new");
        assertThat(found(CORE_EVENTS, "reportingComponent=example.com/c")).containsExactly("new");
        assertThat(found(CORE_EVENTS, "reportingComponent=")).containsExactly("old");
    }

    @Test
    void watchesAndDeletionsFindThemToo() {
        makeEvents();
        JsonNode watched = api.send("GET", EVENTS + "?watch=true&timeoutSeconds=1&fieldSelector=regarding.name=old", null).body();
        assertThat(watched.findValuesAsText("type")).contains("ADDED");
        assertThat(Json.text(watched, "object", "metadata", "name")).isEqualTo("old");
        assertThat(api.send("DELETE", EVENTS + "?fieldSelector=regarding.name=new", null).code()).isEqualTo(200);
        assertThat(names(api.send("GET", EVENTS, null).body())).containsExactly("old");
    }

    /** Past the server, which may write out what is absent. */
    private void store(String resource, String kind, String name, String rest) {
        boolean core = resource.startsWith("/api/v1");
        boolean namespaced = resource.contains("/namespaces/");
        String group = core ? "core" : resource.split("/")[2];
        String plural = resource.substring(resource.lastIndexOf('/') + 1);
        api.store("/registry/" + group + "/" + plural + (namespaced ? "/default/" : "/") + name, """
                apiVersion: %s
                kind: %s
                metadata: {name: %s, %s uid: u, creationTimestamp: '2026-01-01T00:00:00Z'}
                %s
                """.formatted(core ? "v1" : group + "/v1", kind, name, namespaced ? "namespace: default," : "", rest));
        Awaitility.await().until(() -> api.send("GET", resource + "/" + name, null).code() == 200);
    }

    @Test
    void absentBooleansAreFalse() {
        store("/api/v1/nodes", "Node", "open", "spec: {}");
        store("/api/v1/nodes", "Node", "closed", "spec: {unschedulable: true}");
        assertThat(found("/api/v1/nodes", "spec.unschedulable=false")).containsExactly("open");
        assertThat(found("/api/v1/nodes", "spec.unschedulable=true")).containsExactly("closed");
        assertThat(found("/api/v1/nodes", "spec.unschedulable=")).isEmpty();
        String pods = "/api/v1/namespaces/default/pods";
        store(pods, "Pod", "own", "spec: {nodeName: n1}");
        store(pods, "Pod", "host", "spec: {hostNetwork: true}");
        assertThat(found(pods, "spec.hostNetwork=false")).containsExactly("own");
        assertThat(found(pods, "spec.hostNetwork!=false")).containsExactly("host");
    }

    @Test
    void absentNumbersAreZero() {
        String jobs = "/apis/batch/v1/namespaces/default/jobs";
        store(jobs, "Job", "begun", "spec: {}\nstatus: {active: 1}");
        store(jobs, "Job", "done", "spec: {}\nstatus: {succeeded: 3}");
        assertThat(found(jobs, "status.successful=0")).containsExactly("begun");
        assertThat(found(jobs, "status.successful=3")).containsExactly("done");
        for (String sets : List.of("/api/v1/namespaces/default/replicationcontrollers", "/apis/apps/v1/namespaces/default/replicasets")) {
            String kind = sets.startsWith("/api/") ? "ReplicationController" : "ReplicaSet";
            store(sets, kind, "none", "spec: {}");
            store(sets, kind, "two", "spec: {}\nstatus: {replicas: 2}");
            assertThat(found(sets, "status.replicas=0")).containsExactly("none");
            assertThat(found(sets, "status.replicas!=0")).containsExactly("two");
        }
    }

    @Test
    void oldAndEmptyNamesOfPodsAreTaken() {
        String pods = "/api/v1/namespaces/default/pods";
        store(pods, "Pod", "here", "spec: {nodeName: n1}\nstatus: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}");
        store(pods, "Pod", "there", "spec: {nodeName: n2}");
        assertThat(found(pods, "spec.host=n1")).containsExactly("here");
        assertThat(found(pods, "spec.host!=n1")).containsExactly("there");
        assertThat(found(pods, "status.podIP=10.0.0.1")).containsExactly("here");
        // upstream takes the name and knows no value of it
        assertThat(found(pods, "status.podIPs=10.0.0.1")).isEmpty();
        assertThat(found(pods, "status.podIPs=")).containsExactly("here", "there");
    }
}
