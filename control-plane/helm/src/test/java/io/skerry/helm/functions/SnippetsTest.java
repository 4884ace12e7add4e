package io.skerry.helm.functions;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.helm.Helm;
import io.skerry.helm.HelmException;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.render.Manifest;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small templates, one a line of the files in snippets/, rendered by real Helm and by us: the texts must be the same. */
class SnippetsTest {
    @TempDir
    Path dir;

    private static String resource(String name) {
        try (var in = SnippetsTest.class.getResourceAsStream("/io/skerry/helm/snippets/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> chart() {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("Chart.yaml", "apiVersion: v2\nname: probe\nversion: 0.1.0\nappVersion: \"9\"\ndescription: d\nkeywords: [k1, k2]\nannotations: {x: y}\n");
        files.put("values.yaml", resource("values.yaml"));
        files.put("file.txt", "some text");
        files.put("lines.txt", "one\ntwo\n\nfour\n");
        files.put("conf/a.ini", "[a]\nx=1\n");
        files.put("conf/b.ini", "b");
        files.put("conf/deep/c.txt", "c");
        return files;
    }

    /** Every snippet's output in one object, in base 64 so that it can be anything. */
    private static Map<String, String> chartOf(List<String> snippets) {
        Map<String, String> files = chart();
        StringBuilder tpl = new StringBuilder();
        StringBuilder out = new StringBuilder("kind: Outputs\n");
        for (int i = 0; i < snippets.size(); i++) {
            tpl.append("{{- define \"case").append(i).append("\" }}").append(snippets.get(i)).append("{{ end }}\n");
            out.append("case").append(i).append(": {{ include \"case").append(i).append("\" . | b64enc | quote }}\n");
        }
        files.put("templates/_cases.tpl", tpl.toString());
        files.put("templates/out.yaml", out.toString());
        return files;
    }

    private static Manifest ours(Path chart) {
        TemplateRequest request = new TemplateRequest("demo", "ns1", Map.of(), 1, false, HelmOracle.KUBE_VERSION, Set.of(), null);
        return Helm.template(Chart.ofFolder(chart), request).objects().getFirst();
    }

    private static String decode(com.fasterxml.jackson.databind.JsonNode n) {
        return new String(java.util.Base64.getDecoder().decode(n.textValue()), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"language", "printf", "strings", "lists", "math", "encoding", "misc"})
    void renderAsHelmDoes(String family) {
        List<String> snippets = resource(family + ".txt").lines().toList();
        List<String> differences = new ArrayList<>();
        // A definition inside a definition is not allowed: snippets with one are files of their own, below.
        List<String> plain = snippets.stream().filter(s -> !s.contains("define ") && !s.contains("block ")).toList();
        Path folder = HelmOracle.write(dir.resolve("all"), chartOf(plain));
        HelmOracle.Result expected = HelmOracle.template(folder, "demo", "ns1");
        assertThat(expected.error()).isNull();
        var theirs = Yaml.parseAll(expected.text(), "helm").getFirst().root();
        var mine = ours(folder).object();
        for (int i = 0; i < plain.size(); i++) {
            String want = decode(theirs.get("case" + i));
            String have = decode(mine.get("case" + i));
            if (!want.equals(have)) {
                differences.add(plain.get(i) + "\n  helm: " + want.replace("\n", "\\n") + "\n  ours: " + have.replace("\n", "\\n"));
            }
        }
        for (String s : snippets) {
            if (plain.contains(s)) {
                continue;
            }
            Map<String, String> files = chart();
            files.put("templates/one.yaml", "text: |-\n  " + s + "\n");
            Path one = HelmOracle.write(dir.resolve("one" + System.nanoTime()), files);
            HelmOracle.Result r = HelmOracle.template(one, "demo", "ns1");
            assertThat(r.error()).isNull();
            String want = Yaml.parseAll(r.text(), "helm").getFirst().root().get("text").textValue();
            String have = ours(one).object().get("text").textValue();
            if (!want.equals(have)) {
                differences.add(s + "\n  helm: " + want + "\n  ours: " + have);
            }
        }
        assertThat(differences).isEmpty();
    }

    /** Go puts an address or a library's own wording into few of its messages; those lines are not asked of us. */
    @Test
    void failAsHelmDoes() {
        List<String> differences = new ArrayList<>();
        int n = 0;
        for (String snippet : resource("errors.txt").lines().toList()) {
            Map<String, String> files = chart();
            files.put("templates/_first.tpl", "");
            files.put("templates/bad.yaml", "a: 1\nb: " + snippet + "\n");
            Path folder = HelmOracle.write(dir.resolve("error" + n++), files);
            String want = HelmOracle.template(folder, "demo", "ns1").error();
            String have;
            try {
                ours(folder);
                have = null;
            } catch (HelmException e) {
                have = e.getMessage();
            }
            if (want != null && want.length() > 4096) {
                // Ours leaves out the middle of such a message.
                String[] ends = have.split(" \\.\\.\\. ");
                assertThat(want).startsWith(ends[0]).endsWith(ends[1]);
            } else if (!java.util.Objects.equals(want, have)) {
                differences.add(snippet + "\n  helm: " + want + "\n  ours: " + have);
            }
        }
        assertThat(differences).isEmpty();
    }
}
