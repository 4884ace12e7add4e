package io.skerry.helm.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.helm.Helm;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.machinery.yaml.Yaml;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random trees of awkward texts and numbers, written by real Helm and by us in every form: to the letter the same. */
class RandomValuesTest {
    private static final String[] PIECES = {"a", "b c", "word ", " ", "  ", ":", ": ", "#", " #", "-", "- ", "?", "? ", "'", "\"", "\\", "\n", "\n\n", "\t", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">",
        "%", "@", "`", "0", "12", "1.5", "e3", "_", "0x", "true", "null", "~", "yes", "=", "<<", "é", "☃", "😀", "---", "...", "{{", "}}", ".", "/", "long words in a row that fill the line ", "\u0007", "+", ";",
        "\u00a0", "2020-01-01", "T00:00:00Z", "no", "N", "1:30", "$x", "\r", "<", "(", ")"};

    @TempDir
    Path dir;
    private final Random random = new Random(20261122);

    private String text() {
        StringBuilder s = new StringBuilder();
        int n = random.nextInt(7) == 0 ? random.nextInt(40) : random.nextInt(5);
        for (int i = 0; i < n; i++) {
            s.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return s.toString();
    }

    private Object number() {
        return switch (random.nextInt(6)) {
            case 0 -> (double) random.nextInt(-5, 1000);
            case 1 -> random.nextDouble() * Math.pow(10, random.nextInt(-12, 25));
            case 2 -> (double) random.nextLong();
            case 3 -> Math.pow(10, random.nextInt(-8, 24));
            case 4 -> -random.nextDouble();
            default -> random.nextInt(1 << 20) / 64.0;
        };
    }

    private Object value(int depth) {
        int kind = random.nextInt(depth > 3 ? 5 : 8);
        return switch (kind) {
            case 0 -> number();
            case 1 -> random.nextBoolean();
            case 5 -> {
                List<Object> l = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    l.add(value(depth + 1));
                }
                yield l;
            }
            case 6, 7 -> {
                Map<String, Object> m = new LinkedHashMap<>();
                for (int i = random.nextInt(5); i > 0; i--) {
                    m.put(random.nextInt(3) == 0 ? text() : "k" + random.nextInt(12), value(depth + 1));
                }
                yield m;
            }
            default -> text();
        };
    }

    @Test
    void areWrittenAsHelmWritesThem() {
        Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < 400; i++) {
            values.put("v" + i, value(0));
        }
        String forms = "{{ toYaml .Values.V }}\\n{{ toYamlPretty .Values.V }}\\n{{ toJson .Values.V }}\\n{{ toPrettyJson .Values.V }}\\n{{ .Values.V }}\\n{{ quote .Values.V }}\\n"
            + "{{ printf \"%q %#v\" .Values.V .Values.V }}\\n{{ toYaml .Values.V | fromYaml | toJson }}\\n{{ toYaml (dict \"x\" (list .Values.V)) }}";
        StringBuilder template = new StringBuilder("kind: X\n");
        StringBuilder definitions = new StringBuilder();
        values.keySet().forEach(k -> {
            definitions.append("{{ define \"").append(k).append("\" }}").append(forms.replace("V }}", k + " }}").replace("Values.V", "Values." + k).replace("\\n", "\n")).append("{{ end }}");
            template.append(k).append(": {{ include \"").append(k).append("\" . | b64enc | quote }}\n");
        });
        Path chart = HelmOracle.write(dir, Map.of("Chart.yaml", "apiVersion: v2\nname: r\nversion: 1.0.0\n", "values.yaml", GoJson.raw(values), "templates/_t.tpl", definitions.toString(),
            "templates/x.yaml", template.toString()));
        HelmOracle.Result expected = HelmOracle.template(chart, "d", "n");
        assertThat(expected.error()).isNull();
        JsonNode theirs = Yaml.parseAll(expected.text(), "helm").getFirst().root();
        JsonNode ours = Helm.template(Chart.ofFolder(chart), TemplateRequest.of("d", "n", Map.of())).objects().getFirst().object();
        List<String> differences = new ArrayList<>();
        values.forEach((k, v) -> {
            String want = decode(theirs.get(k));
            String have = decode(ours.get(k));
            if (!want.equals(have)) {
                differences.add(GoJson.raw(v) + "\nhelm:\n" + want + "\nours:\n" + have);
            }
        });
        assertThat(differences).isEmpty();
    }

    private static String decode(JsonNode n) {
        return new String(Base64.getDecoder().decode(n.textValue()), StandardCharsets.UTF_8);
    }
}
