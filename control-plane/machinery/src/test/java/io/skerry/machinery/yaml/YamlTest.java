package io.skerry.machinery.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlTest {

    private static JsonNode one(String text) {
        List<Yaml.Document> documents = Yaml.parseAll(text, "t.yaml");
        assertThat(documents).hasSize(1);
        return documents.getFirst().root();
    }

    private static YamlException error(String text) {
        YamlException e = catchThrowableOfType(YamlException.class, () -> Yaml.parseAll(text, "dir/t.yaml"));
        assertThat(e).as("an error for: " + text).isNotNull();
        return e;
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '\0', value = {
        "yes; true", "On; true", "y; true", "N; false", "off; false", "True; true", "tRue; \"tRue\"",
        "~; null", "Null; null", "12; 12", "+12; 12", "-3; -3", "0o17; 15", "017; 15", "0644; 420", "0x1F; 31", "0b11; 3", "-0b11; -3",
        "08; 8", "0o8; \"0o8\"", "1_000; 1000", "1e3; 1000", "1.0; 1", "1.; 1", ".5; 0.5", "-.5; -0.5", "1e; \"1e\"", "1.2.3; \"1.2.3\"",
        "12e03; 12000", "100m; \"100m\"", "1:30; \"1:30\"", "2001-01-01; \"2001-01-01\"", "18446744073709551615; 18446744073709551615",
        "9223372036854775807; 9223372036854775807", "1e400; \"1e400\"", "'12'; \"12\"", "\"yes\"; \"yes\"", "!!str 12; \"12\"",
        "!foo 12; \"12\"", "!!binary aGVsbG8=; \"hello\"", "a#b; \"a#b\"", "a # b; \"a\"", "-; [null]", "- - 1; [[1]]"})
    void resolvesScalarsAsGoYamlDoes(String yaml, String json) {
        assertThat(one("a:\n  " + yaml).path("a")).isEqualTo(Json.parse(json));
    }

    @Test
    void keysBecomeStrings() {
        assertThat(one("1: a\n1.5: b\ntrue: c\n0x10: d")).isEqualTo(Json.parse("{\"1\":\"a\",\"1.5\":\"b\",\"true\":\"c\",\"16\":\"d\"}"));
        assertThat(error("~: a").getMessage()).isEqualTo("dir/t.yaml:1:1: a map's key must be a string, not null");
        assertThat(error("? [a]\n: b").getMessage()).contains("a map's key must be a string, not a list");
    }

    @Test
    void splitsDocumentsAndDropsEmptyOnes() {
        var documents = Yaml.parseAll("# only a comment\n---\na: 1\n---\n---\n# nothing\n---\nnull\n--- # third\nb: 2\n...\n", "x");
        assertThat(documents).extracting(d -> d.root().toString()).containsExactly("{\"a\":1}", "{\"b\":2}");
        assertThat(documents).extracting(Yaml.Document::line).containsExactly(3, 10);
        assertThat(Yaml.parseAll("", "x")).isEmpty();
        assertThat(Yaml.parseAll("\uFEFFa: 1", "x")).hasSize(1);
    }

    @Test
    void readsJsonWithTabsAndItsLines() {
        var document = Yaml.parseAll("{\n\t\"a\": {\n\t\t\"b\": \"x\\ty\"\n\t}\n}", "x.json").getFirst();
        assertThat(document.root()).isEqualTo(Json.parse("{\"a\":{\"b\":\"x\\ty\"}}"));
        assertThat(document.lineOf("/a/b")).isEqualTo(3);
    }

    @Test
    void knowsTheLineOfEveryPointer() {
        var document = Yaml.parseAll("""
                a: 1
                ---
                # second
                spec:
                  containers:
                  - name: x

                    image:
                      y
                  - {name: z, a/b: 1,
                     "c~d": 2}
                """, "x").getLast();
        assertThat(document.line()).isEqualTo(4);
        assertThat(document.lineOf("")).isEqualTo(4);
        assertThat(document.lineOf("/spec/containers")).isEqualTo(5);
        assertThat(document.lineOf("/spec/containers/0")).isEqualTo(6);
        assertThat(document.lineOf("/spec/containers/0/image")).as("the key's line").isEqualTo(8);
        assertThat(document.lineOf("/spec/containers/1/a~1b")).isEqualTo(10);
        assertThat(document.lineOf("/spec/containers/1/c~0d")).isEqualTo(11);
        assertThat(document.lineOf("/spec/containers/0/resources/limits")).as("nearest parent").isEqualTo(6);
        assertThat(document.lineOf("/spec/containers/7")).isEqualTo(5);
        assertThat(document.lineOf("/nowhere")).isEqualTo(4);
    }

    @Test
    void resolvesAnchorsAndMergeKeys() {
        JsonNode root = one("""
                base: &b {x: 1, w: 2}
                other: &o {x: 9, z: 3}
                one:
                  <<: *b
                  w: 5
                two:
                  w: 6
                  <<: [*b, *o]
                three: *b
                """);
        assertThat(root.path("one")).isEqualTo(Json.parse("{\"x\":1,\"w\":5}"));
        assertThat(root.path("two")).isEqualTo(Json.parse("{\"w\":6,\"x\":1,\"z\":3}"));
        assertThat(root.path("three")).isEqualTo(Json.parse("{\"x\":1,\"w\":2}"));
        assertThat(error("a:\n  <<: 1\n").getMessage()).isEqualTo("dir/t.yaml:2:7: map merge requires map or sequence of maps as the value");
    }

    @Test
    void errorsSayWhereAndWhat() {
        YamlException duplicate = error("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n");
        assertThat(duplicate.getMessage()).isEqualTo("dir/t.yaml:5:3: key \"c\" already set in map (at line 3)");
        assertThat(duplicate.line()).isEqualTo(5);
        assertThat(duplicate.column()).isEqualTo(3);
        assertThat(error("a: b: c").getMessage()).isEqualTo("dir/t.yaml:1:5: mapping values are not allowed here");
        assertThat(error("a: 1\n\tb: 2").getMessage()).startsWith("dir/t.yaml:2:1: ").contains("\\t");
        assertThat(error("a: [1, 2\nb: 3").getMessage()).startsWith("dir/t.yaml:2:");
        assertThat(error("a: 'x").getMessage()).contains("quoted scalar");
        assertThat(error("a: \u0007").getMessage()).isEqualTo("dir/t.yaml:1:4: control characters are not allowed (U+0007)");
        assertThat(error("a: *b").getMessage()).contains("undefined alias");
        assertThat(error("a: .nan").getMessage()).startsWith("dir/t.yaml:1:4: .nan cannot be written as JSON");
        assertThat(error("a: !!int x").getMessage()).isEqualTo("dir/t.yaml:1:4: cannot decode `x` as a !!int");
        assertThat(error("ok: 1\n---\na: &x [*x]").getMessage()).isEqualTo("dir/t.yaml:3:4: anchor 'x' value contains itself");
        assertThat(error("{\"a\": 1, \"a\": 2}").getMessage()).contains("already set in map");
    }

    @Test
    void hugeScalarsAreNoTrouble() {
        String digits = "1".repeat(1_000_000);
        assertThat(one("a: " + digits).path("a").isTextual()).isTrue();
        String times = "1" + ":30".repeat(100_000);
        assertThat(one(Yaml.write(Json.object().put("a", times))).path("a").asText()).isEqualTo(times);
        assertThat(one("a: " + "[".repeat(900) + "]".repeat(900)).path("a").isArray()).isTrue();
        assertThat(error("a: " + "[".repeat(5000)).getMessage()).contains("Nesting Depth exceeded");
    }

    @Test
    void refusesAliasesThatExplode() {
        StringBuilder text = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 10; i++) {
            text.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(10)));
        }
        assertThat(error(text.toString()).getMessage()).contains("excessive aliasing");
        String small = "a: &a [" + "x,".repeat(100) + "]\nb: [" + "*a,".repeat(99) + "]\n"; // as many as a text of any length may
        assertThat(one(small).path("b")).hasSize(99);
        assertThat(error("a: &a [" + "x,".repeat(100_000) + "]\nb: [*a,*a,*a,*a,*a]").getMessage())
                .startsWith("dir/t.yaml:").endsWith("document contains excessive aliasing: its aliases repeat more than 500000 values; write fewer of them");
        assertThat(error("a: &a " + "x".repeat(100_000) + "\nb: [" + "*a,".repeat(1000) + "]").getMessage()).contains("excessive aliasing");
    }

    @Test
    void whatTheTextSpellsOutIsNotCounted() {
        assertThat(one("a: [" + "1,".repeat(600_000) + "]").path("a")).hasSize(600_000);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '\0', value = {
        "abc; abc", "yes; \"yes\"", "y; \"y\"", "12; \"12\"", "1e3; \"1e3\"", "0x1; \"0x1\"", "1:30; \"1:30\"", "2001-01-01; \"2001-01-01\"",
        "~; \"~\"", "null; \"null\"", ".inf; \".inf\"", "a: b; 'a: b'", "a:b; a:b", "a:; 'a:'", "#a; '#a'", "a #b; 'a #b'", "a#b; a#b", "-; '-'", "-a; -a",
        "- a; '- a'", "*a; '*a'", "@a; '@a'", "{a}; '{a}'", "a{b}; a{b}", "it's; it's", "'a; '''a'", "100m; 100m", "a,b; a,b", "?; '?'", "?a; ?a", "%a; '%a'", "=; \"=\"",
        "!a; '!a'", "--- a; '--- a'", "50%; 50%", "::; '::'", "v1.2; v1.2", "1.2; \"1.2\"", "1.2.3; 1.2.3", "ünï; ünï"})
    void quotesOnlyWhatNeedsIt(String value, String written) {
        assertThat(Yaml.write(Json.object().put("a", value))).isEqualTo("a: " + written + "\n");
        assertThat(one("a: " + written).path("a").asText()).isEqualTo(value);
    }

    @Test
    void writesKubectlsStyle() {
        JsonNode node = Json.parse("""
                {"spec":{"list":[{"name":"a","args":["x","-c"],"empty":{}},[1,[2]],[],null,true,1.5,1e-7],
                "n":null,"text":"line 1\\n  line 2\\n","stripped":"a\\nb","kept":"a\\n\\n","indented":"  a\\nb\\n","tab":"a\\tb","trail":"a \\nb","breaks":"\\n"},
                "12":1,"a b":"","long":12345678901234}""");
        assertThat(Yaml.write(node)).isEqualTo("""
                spec:
                  list:
                  - name: a
                    args:
                    - x
                    - -c
                    empty: {}
                  - - 1
                    - - 2
                  - []
                  - null
                  - true
                  - 1.5
                  - 1e-7
                  "n": null
                  text: |
                    line 1
                      line 2
                  stripped: |-
                    a
                    b
                  kept: |+
                    a

                  indented: |2
                      a
                    b
                  tab: "a\\tb"
                  trail: "a \\nb"
                  breaks: "\\n"
                "12": 1
                a b: ""
                long: 12345678901234
                """);
        assertThat(one(Yaml.write(node))).isEqualTo(node);
        assertThat(Yaml.write(Json.object())).isEqualTo("{}\n");
        assertThat(Yaml.write(Json.parse("[{\"a\":\"x\\ny\"},\"x\\ny\"]"))).isEqualTo("- a: |-\n    x\n    y\n- |-\n  x\n  y\n");
    }
}
