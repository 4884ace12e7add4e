package io.skerry.machinery.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonPatchScalarTest {

    @ParameterizedTest
    @ValueSource(strings = {
        "{'op':'add','path':'/a','value':1}", "{'op':'replace','path':'/a','value':1}", "{'op':'remove','path':'/a'}",
        "{'op':'copy','from':'','path':'/a'}", "{'op':'move','from':'/a','path':'/b'}", "{'op':'test','path':'/a','value':1}",
        "{'op':'add','path':'/a/b','value':1}"})
    void nothingIsBelowAScalarDocument(String operation) {
        for (String scalar : new String[] {"5", "null", "'x'"}) {
            String patch = ("[{'op':'replace','path':'','value':" + scalar + "}," + operation + "]").replace('\'', '"');
            assertThatThrownBy(() -> JsonPatch.apply(Json.object(), Json.parse(patch))).as(patch).isInstanceOf(PatchException.class)
                    .hasMessageContaining("doc is missing path");
        }
    }

    @Test
    void theWholeDocumentMayBeReplaced() {
        assertThat(JsonPatch.apply(Json.object(), Json.parse("[{\"op\":\"replace\",\"path\":\"\",\"value\":{}},{\"op\":\"add\",\"path\":\"/a\",\"value\":1}]")))
                .isEqualTo(Json.parse("{\"a\":1}"));
    }
}
