package io.skerry.machinery.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reads and writes what the real kubectl reads and writes. */
class YamlKubectlTest {

    private static final List<String> SCALARS = List.of("y", "yes", "NO", "on", "0o17", "017", "1e3", "1_000", "2001-01-01", "2001-01-01T00:00:00Z", "08", "1.0",
            ".5", "0x1F", "12e03", "1:30", "0b11", "-0b11", "~", "+12", "1.", "0o8", "-0o7", "1e400", "1__0", "\"<<\"", "=", "0.1e-7", "!!str 12", "!foo 12",
            "!!binary aGVsbG8=", "-.5", "+.5e1", "1e", "-0", "-0.0", "00", "_1", "0_1", "0x", "0b2", "+", ". ", "1e+2", "1E5", "0.0", "09.5", "-017", "'a''b'", "\"\\u00e9\\x41\"",
            "a b", "a:b", "9223372036854775808", "{a: 1, b: [x, y]}", "null", "nUll", "truE", "0x7fffffffffffffff", "1.5e10", "|\n    x\n    y", ">\n    x\n    y\n\n    z");

    /** Not here, as kubectl folds lines after 80 characters, escapes what is beyond U+FFFF and leaves "=" and "<<" unquoted. */
    private static final List<String> STRINGS = List.of("", " ", "a", "yes", "Y", "n", "off", "12", "-1", "0x1", "1e3", "1.5", ".5", "1:30", "190:20:30", "2001-01-01",
            "2001-1-1 10:00:00", "null", "~", "a: b", "a:", ":a", "a #b", "#a", "- a", "-", "-a", "--", "---", "--- a", "?", "? a", "*a", "&a", "!a", "|", ">", "%a", "@a",
            "`a", "{a", "a}", "[", "]", ",", "a,b", "'", "\"", "it's", "a\"b", " a", "a ", "a\nb", "a\nb\n", "a\n\nb\n\n", " a\nb", "a \nb", "\na", "a\tb", "a\\b", "é", "\u0001",
            "0o7", "+1", "_1", "1_0", ".inf", ".", "..", "...", "a\r\nb", "x".repeat(200), "100m", "a'b: c", "'a: b'", "!", "a\n  b\n c");

    private static String kubectl(String input, String format) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("kubectl", "annotate", "--local", "-f", "-", "a=b", "-o", format).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IOException("kubectl is not on the PATH: install Debian's kubernetes-client", e);
        }
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @Test
    void readsWhatKubectlReads() throws Exception {
        StringBuilder yaml = new StringBuilder("apiVersion: example.io/v1\nkind: Foo\nmetadata:\n  name: x\n  annotations: {a: b}\ndata:\n");
        for (int i = 0; i < SCALARS.size(); i++) {
            yaml.append("  k").append(i).append(": ").append(SCALARS.get(i)).append('\n');
        }
        var theirs = Json.parse(kubectl(yaml.toString(), "json")).path("data");
        var ours = Yaml.parseAll(yaml.toString(), "x").getFirst().root().path("data");
        for (int i = 0; i < SCALARS.size(); i++) {
            var expected = theirs.get("k" + i);
            var actual = ours.get("k" + i);
            if (actual.isBigInteger()) { // kubectl has no integers past 64 bits signed
                assertThat(actual.doubleValue()).as(SCALARS.get(i)).isEqualTo(expected.doubleValue());
            } else {
                assertThat(actual).as(SCALARS.get(i)).isEqualTo(expected);
            }
        }
    }

    @Test
    void writesWhatKubectlWrites() throws Exception {
        ObjectNode object = Json.object().put("apiVersion", "example.io/v1");
        ObjectNode data = object.putObject("data");
        for (int i = 0; i < STRINGS.size(); i++) {
            data.put("k%03d".formatted(i), STRINGS.get(i));
        }
        data.putArray("l").add("x\ny").addObject().put("m", " i\nj").put("n", 1.25);
        data.putObject("z").put("~", 2).put("a b", 3).put("x: y", 4).put("yes", 1);
        object.put("kind", "Foo").putObject("metadata").putObject("annotations").put("a", "b");
        object.withObject("metadata").put("name", "x");
        String ours = Yaml.write(object);
        assertThat(Yaml.parseAll(ours, "x").getFirst().root()).isEqualTo(object);
        assertThat(ours).isEqualTo(kubectl(object.toString(), "yaml"));
    }
}
