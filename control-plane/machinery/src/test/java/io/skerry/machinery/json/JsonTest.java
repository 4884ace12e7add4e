package io.skerry.machinery.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonTest {

    @Test
    void findsWithoutNulls() {
        var node = Json.parse("{\"a\":{\"b\":1,\"n\":null,\"l\":[1]}}");
        assertThat(Json.text(node, "a", "b")).isEqualTo("1");
        assertThat(Json.text(node, "a", "n")).isEmpty();
        assertThat(Json.text(node, "a", "l")).isEmpty();
        assertThat(Json.text(node, "a", "x", "y")).isEmpty();
        assertThat(Json.at(node, "a", "b", "c").isMissingNode()).isTrue();
        assertThat(Json.at(null, "a").isMissingNode()).isTrue();
    }

    @Test
    void makesWhatIsAbsent() {
        ObjectNode node = Json.object();
        Json.ensureObject(node, "metadata", "labels").put("a", "b");
        Json.ensureObject(node, "metadata", "labels").put("c", "d");
        assertThat(Json.string(node)).isEqualTo("{\"metadata\":{\"labels\":{\"a\":\"b\",\"c\":\"d\"}}}");
    }

    @Test
    void saysWhereJsonIsWrong() {
        assertThatThrownBy(() -> Json.parse("{\n \"a\": x}")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("invalid JSON at line 2, column 7: ").hasMessageContaining("'x'");
        assertThatThrownBy(() -> Json.parse("{} {}".getBytes(StandardCharsets.UTF_8))).hasMessageStartingWith("invalid JSON at line 1");
        assertThat(Json.parse("").isMissingNode()).isTrue();
    }
}
