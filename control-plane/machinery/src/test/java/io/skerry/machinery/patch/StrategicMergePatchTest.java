package io.skerry.machinery.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import org.junit.jupiter.api.Test;

/** What {@link PatchKubectlTest} does not show: messages, and where we do better than kubectl's version. */
class StrategicMergePatchTest {

    private static final Schema POD = TypeTable.builtin().kind("", "v1", "Pod").orElseThrow().schema();

    @Test
    void directivesNeverReachTheObject() {
        var patched = StrategicMergePatch.apply(Json.parse("{\"spec\":{}}"), Json.parse("""
                {"status":{"$setElementOrder/conditions":[{"type":"Ready"}],"conditions":[{"type":"Ready","x":null},{"type":"Old","$patch":"delete"}]},
                 "spec":{"volumes":[{"name":"v","$retainKeys":["name","emptyDir"],"emptyDir":{}}],"$deleteFromPrimitiveList/x":["y"]}}"""), POD);
        assertThat(patched).isEqualTo(Json.parse("{\"spec\":{\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}]},\"status\":{\"conditions\":[{\"type\":\"Ready\"}]}}"));
    }

    @Test
    void withoutASchemaListsAreReplaced() {
        assertThat(StrategicMergePatch.apply(Json.parse("{\"a\":{\"l\":[{\"name\":\"x\"}],\"m\":{\"k\":1}}}"), Json.parse("{\"a\":{\"l\":[{\"name\":\"y\"}],\"m\":{\"j\":2}}}"), null))
                .isEqualTo(Json.parse("{\"a\":{\"l\":[{\"name\":\"y\"}],\"m\":{\"k\":1,\"j\":2}}}"));
    }

    @Test
    void errorsAreUpstreams() {
        var pod = Json.parse("{\"spec\":{\"containers\":[{\"name\":\"a\"}],\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}]}}");
        assertThatThrownBy(() -> StrategicMergePatch.apply(pod, Json.parse("{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}"), POD))
                .isInstanceOf(PatchException.class).hasMessage("map: {\"image\":\"x\"} does not contain declared merge key: name");
        assertThatThrownBy(() -> StrategicMergePatch.apply(pod, Json.parse("{\"spec\":{\"volumes\":[{\"name\":\"v\",\"$retainKeys\":[\"name\"],\"hostPath\":{}}]}}"), POD))
                .hasMessage("patch content doesn't match retainKeys list");
        assertThatThrownBy(() -> StrategicMergePatch.apply(pod, Json.parse("{\"$patch\":\"bogus\"}"), POD)).hasMessageStartingWith("unknown patch type: bogus in map: ");
        assertThatThrownBy(() -> StrategicMergePatch.apply(pod, Json.parse("[]"), POD)).hasMessageStartingWith("strategic merge patch format is not supported");
        assertThatThrownBy(() -> JsonPatch.apply(pod, Json.parse("{}"))).hasMessage("a JSON patch must be an array of operations");
        assertThatThrownBy(() -> JsonPatch.apply(pod, Json.parse("[{\"op\":\"remove\",\"path\":\"/a/b\"}]")))
                .hasMessage("remove operation does not apply: doc is missing path: \"/a/b\": missing value");
    }
}
