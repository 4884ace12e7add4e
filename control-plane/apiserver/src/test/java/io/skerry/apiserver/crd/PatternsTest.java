package io.skerry.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Patterns and formats of a definition mean what RE2 says of them, and no value takes long. */
class PatternsTest {
    private static final String KNOTS = "/apis/harbour.example.com/v1/namespaces/default/knots";

    private static String definition(String field) {
        return """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: knots.harbour.example.com}
                spec:
                  group: harbour.example.com
                  scope: Namespaced
                  names: {plural: knots, kind: Knot}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties:
                          rope: {type: string, %s}
                """.formatted(field);
    }

    private static int knot(TestServer api, String name, String rope) {
        var knot = Json.object().put("apiVersion", "harbour.example.com/v1").put("kind", "Knot").put("rope", rope);
        knot.putObject("metadata").put("name", name);
        return api.send("POST", KNOTS, Json.string(knot)).code();
    }

    private static int define(TestServer api, String field) {
        return api.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(field)).code();
    }

    @Test
    void aPatternThatBacktracksForEverElsewhereTakesNoTime(@TempDir Path folder) {
        try (TestServer api = new TestServer(folder)) {
            assertThat(define(api, "pattern: '^([a-z]+)+$'")).isEqualTo(201);
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertThat(knot(api, "evil", "a".repeat(60) + "!")).isEqualTo(422));
            assertThat(knot(api, "long", "ab".repeat(100_000))).as("and no depth").isEqualTo(201);
            assertThat(knot(api, "line", "ab\n")).as("$ is the end of the text").isEqualTo(422);
        }
    }

    @Test
    void whatOnlyRe2KnowsIsChecked(@TempDir Path folder) {
        try (TestServer api = new TestServer(folder)) {
            assertThat(define(api, "pattern: '^(?P<kind>[[:alnum:]]+)$'")).isEqualTo(201);
            assertThat(knot(api, "good", "abc1")).isEqualTo(201);
            assertThat(knot(api, "bad", "a-c")).isEqualTo(422);
        }
    }

    @Test
    void formatsTakeNoDepthEither(@TempDir Path folder) {
        try (TestServer api = new TestServer(folder)) {
            assertThat(define(api, "format: duration")).isEqualTo(201);
            assertThat(knot(api, "long", "1s".repeat(100_000))).isEqualTo(201);
            assertThat(knot(api, "bad", "1s".repeat(100_000) + "!")).isEqualTo(422);
        }
    }

    @Test
    void whatIsNoExpressionIsRefused(@TempDir Path folder) {
        try (TestServer api = new TestServer(folder)) {
            assertThat(define(api, "pattern: '(?<=a)b'")).as("RE2 looks at nothing behind").isEqualTo(422);
            assertThat(define(api, "pattern: '" + "(".repeat(5_000) + "a" + ")".repeat(5_000) + "'")).isEqualTo(422);
        }
    }
}
