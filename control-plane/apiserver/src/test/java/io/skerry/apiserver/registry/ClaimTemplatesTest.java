package io.skerry.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The type of a StatefulSet's claim templates may be written or not: charts add and drop it. */
@Timeout(60)
class ClaimTemplatesTest {
    private static final String SETS = "/apis/apps/v1/namespaces/default/statefulsets";
    private static final String TYPED = "apiVersion: v1, kind: PersistentVolumeClaim, ";

    @AutoClose
    private final TestServer api = new TestServer();

    private static String set(String name, String claim) {
        return "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: " + name + "}, spec: {serviceName: s, selector: {matchLabels: {a: b}}, "
                + "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}, "
                + "volumeClaimTemplates: [{" + claim + "metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}";
    }

    private static JsonNode claim(JsonNode set) {
        return Json.at(set, "spec", "volumeClaimTemplates").get(0);
    }

    @Test
    void theirTypeIsAlwaysToldAndNeverAChange() {
        JsonNode made = api.make(SETS, set("x", ""));
        assertThat(Json.text(claim(made), "apiVersion") + " " + Json.text(claim(made), "kind")).isEqualTo("v1 PersistentVolumeClaim");
        for (String type : new String[] {TYPED, "", TYPED}) {
            var put = api.send("PUT", SETS + "/x", set("x", type));
            assertThat(put.code()).as(put.body().toString()).isEqualTo(200);
            assertThat(Json.at(put.body(), "metadata", "generation").asInt()).isEqualTo(1);
        }
        assertThat(api.send("PUT", SETS + "/x", set("x", TYPED).replace("1Gi", "2Gi")).code()).isEqualTo(422);
    }

    @Test
    void whatIsStoredWithoutItStaysWritable() {
        ObjectNode stored = (ObjectNode) api.make(SETS, set("x", ""));
        ((ObjectNode) stored.get("metadata")).put("name", "old").put("uid", "u").remove("resourceVersion");
        ((ObjectNode) claim(stored)).remove(List.of("apiVersion", "kind"));
        api.store("/registry/apps/statefulsets/default/old", stored.toString());
        Awaitility.await().until(() -> api.send("GET", SETS + "/old", null).code() == 200);
        for (String type : new String[] {"", TYPED}) {
            var put = api.send("PUT", SETS + "/old", set("old", type));
            assertThat(put.code()).as(put.body().toString()).isEqualTo(200);
        }
    }
}
