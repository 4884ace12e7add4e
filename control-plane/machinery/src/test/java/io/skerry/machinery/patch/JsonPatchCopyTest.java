package io.skerry.machinery.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.Test;

class JsonPatchCopyTest {

    @Test
    void copiesThatDoubleTheDocumentEndAtTheLimit() {
        ObjectNode target = Json.object();
        target.putObject("data").put("k", "v".repeat(1000));
        ArrayNode patch = Json.array();
        for (int i = 0; i < 40; i++) {
            patch.addObject().put("op", "copy").put("from", "/data").put("path", "/data/n" + i);
        }
        assertThatThrownBy(() -> JsonPatch.apply(target, patch)).isInstanceOf(PatchException.class)
                .hasMessageMatching("Unable to complete the copy, the accumulated size increase of copy is \\d{7}, exceeding the limit 3145728");
    }

    @Test
    void whatIsCopiedIsMeasuredAsJsonOverTheWholePatch() {
        ObjectNode target = Json.object().put("a", "x".repeat((3 << 20) / 2 - 2)); // with its quotes half the limit
        ArrayNode patch = Json.array();
        patch.addObject().put("op", "copy").put("from", "/a").put("path", "/b");
        patch.addObject().put("op", "copy").put("from", "/a").put("path", "/c");
        assertThat(JsonPatch.apply(target, patch)).hasSize(3);
        patch.addObject().put("op", "copy").put("from", "").put("path", "/d");
        assertThatThrownBy(() -> JsonPatch.apply(target, patch)).hasMessageEndingWith("exceeding the limit 3145728");
    }
}
