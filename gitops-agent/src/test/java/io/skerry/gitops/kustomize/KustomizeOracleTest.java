package io.skerry.gitops.kustomize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every corpus folder builds to what {@code kubectl kustomize} makes of it: the same documents in the same order. */
class KustomizeOracleTest {

    @TestFactory
    Stream<DynamicTest> buildsAsKubectlDoes() throws Exception {
        Path corpus = corpus();
        try (Stream<Path> files = Files.walk(corpus)) {
            List<Path> folders = files.filter(file -> file.getFileName().toString().equals("kustomization.yaml")).map(Path::getParent)
                    .filter(folder -> !isComponent(folder)).sorted().toList();
            assertThat(folders).hasSizeGreaterThan(20);
            return folders.stream().map(folder -> DynamicTest.dynamicTest(corpus.relativize(folder).toString(), () -> compare(corpus, folder)));
        }
    }

    private static void compare(Path corpus, Path folder) throws Exception {
        List<JsonNode> expected = Yaml.parseAll(kubectl(folder), "kubectl").stream().map(Yaml.Document::root).toList();
        List<Rendered> built = Kustomize.build(new PathTree(corpus), corpus.relativize(folder).toString());
        assertThat(built.stream().map(KustomizeOracleTest::id).toList()).isEqualTo(expected.stream().map(KustomizeOracleTest::id).toList());
        for (int i = 0; i < built.size(); i++) {
            assertThat(Yaml.write(sorted(built.get(i).object()))).as(id(expected.get(i))).isEqualTo(Yaml.write(sorted(expected.get(i))));
            assertThat(corpus.resolve(built.get(i).file())).exists();
            assertThat(built.get(i).line()).isPositive();
        }
    }

    @Test
    void refusesWhatKubectlRefuses() throws Exception {
        SoftAssertions all = new SoftAssertions();
        Path broken = corpus().resolveSibling("kustomize-broken");
        try (Stream<Path> folders = Files.list(broken)) {
            for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
                Path expected = folder.resolve("expected.txt");
                all.assertThat(exitCode(folder)).as("kubectl refuses " + folder.getFileName()).isNotZero();
                String message;
                try {
                    Kustomize.build(new PathTree(broken), folder.getFileName().toString());
                    message = "it was built";
                } catch (KustomizeException e) {
                    message = e.getMessage();
                }
                all.assertThat(message).as(folder.getFileName().toString()).isEqualTo(Files.readString(expected).strip());
            }
        }
        all.assertAll();
    }

    private static boolean isComponent(Path folder) {
        try {
            return Files.readString(folder.resolve("kustomization.yaml")).contains("kind: Component");
        } catch (IOException e) {
            return false;
        }
    }

    private static Path corpus() throws URISyntaxException {
        return Path.of(KustomizeOracleTest.class.getResource("/kustomize").toURI());
    }

    private static String id(Rendered rendered) {
        return id(rendered.object());
    }

    private static String id(JsonNode object) {
        return object.path("kind").asText() + " " + object.at("/metadata/namespace").asText() + "/" + object.at("/metadata/name").asText();
    }

    private static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            var result = Json.object();
            var names = new TreeSet<String>();
            node.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> result.set(name, sorted(node.get(name))));
            return result;
        }
        if (node.isArray()) {
            var result = Json.array();
            node.forEach(item -> result.add(sorted(item)));
            return result;
        }
        return node;
    }

    private static String kubectl(Path folder) throws Exception {
        Process process = new ProcessBuilder("kubectl", "kustomize", folder.toString()).redirectError(ProcessBuilder.Redirect.PIPE).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("kubectl kustomize %s: %s", folder, error).isZero();
        return output;
    }

    private static int exitCode(Path folder) throws Exception {
        Process process = new ProcessBuilder("kubectl", "kustomize", folder.toString()).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }
}
