package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.stream.StreamSupport;
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
}
