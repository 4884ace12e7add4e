package io.skerry.gitops.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.gitops.FleetRepo;
import io.skerry.gitops.GitHttpServer;
import io.skerry.gitops.git.GitRemote;
import io.skerry.gitops.git.GitSource;
import io.skerry.gitops.kustomize.FileTree;
import io.skerry.gitops.kustomize.MemoryTree;
import io.skerry.gitops.kustomize.PathTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FleetRepositoryTest {

    private static String target(String name, String spec) {
        return "apiVersion: fleet.skerry.io/v1\nkind: Target\nmetadata: {name: " + name + "}\nspec:\n  " + spec.replace("\n", "\n  ") + "\n";
    }

    private static String configMap(String name) {
        return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", namespace: default}\n";
    }

    private static List<String> names(MemoryTree tree, String device, Map<String, String> labels) throws Exception {
        return FleetRepository.build(tree, device, labels).stream().map(Target::name).toList();
    }

    private static List<String> problems(MemoryTree tree) {
        return catchThrowableOfType(FleetException.class, () -> FleetRepository.build(tree, "d", Map.of())).problems().stream().map(Object::toString).toList();
    }

    @Test
    void selectsTargetsByLabelsAndName() throws Exception {
        MemoryTree tree = new MemoryTree()
                .with("fleet.yaml", target("everywhere", "path: a") + "---\n" + target("empty", "path: b\nselector: {}"))
                .with("targets/north.yaml", target("north", "path: c\nselector:\n  matchLabels: {site: north}"))
                .with("targets/one.yml", target("one", "path: d\nselector:\n  matchExpressions:\n  - {key: name, operator: In, values: [device-1]}\n  - {key: site, operator: NotIn, values: [south]}"))
                .with("targets/notes.txt", "no Target")
                .with("a/a.yaml", configMap("a")).with("b/b.yaml", configMap("b")).with("c/c.yaml", configMap("c")).with("d/d.yaml", configMap("d"));
        assertThat(names(tree, "device-1", Map.of("site", "north"))).containsExactly("everywhere", "empty", "north", "one");
        assertThat(names(tree, "device-1", Map.of("site", "south"))).containsExactly("everywhere", "empty");
        assertThat(names(tree, "device-2", Map.of())).containsExactly("everywhere", "empty");
    }

    @Test
    void readsAPlainFolderAsFluxDoesAndLabelsObjects() throws Exception {
        MemoryTree tree = new MemoryTree().with("fleet.yaml", target("all", "path: ./apps/\nprune: false\nwait: false\ntimeout: 1m30s"))
                .with("apps/z.yaml", configMap("z")).with("apps/sub/a.yml", configMap("a") + "---\n" + configMap("b")).with("apps/README.md", "text")
                .with("apps/kustomized/kustomization.yaml", "namePrefix: k-\nresources: [c.yaml]").with("apps/kustomized/c.yaml", configMap("c"))
                .with("apps/chart/Chart.yaml", "name: chart").with("apps/chart/templates/x.yaml", "{{ not yaml }}").with("apps/.hidden/x.yaml", "a: b");
        Target target = FleetRepository.build(tree, "d", Map.of()).getFirst();
        assertThat(target.objects()).extracting(object -> object.object().at("/metadata/name").asText()).containsExactly("k-c", "a", "b", "z");
        assertThat(target.objects()).allSatisfy(object -> assertThat(object.object().at("/metadata/labels/fleet.skerry.io~1target").asText()).isEqualTo("all"));
        assertThat(target.prune()).isFalse();
        assertThat(target.waits()).isFalse();
        assertThat(target.timeout()).contains(Duration.ofSeconds(90));
        assertThat(target.path()).isEqualTo("apps");
    }

    @Test
    void ordersTargetsByWhatTheyDependOn() throws Exception {
        MemoryTree tree = new MemoryTree().with("fleet.yaml", target("c", "path: c\ndependsOn: [{name: b}]") + "---\n" + target("b", "path: b\ndependsOn: [a]") + "---\n" + target("a", "path: a"))
                .with("a/a.yaml", configMap("a")).with("b/b.yaml", configMap("b")).with("c/c.yaml", configMap("c"));
        assertThat(names(tree, "d", Map.of())).containsExactly("a", "b", "c");
    }

    @Test
    void tellsEverythingThatIsWrongWithFileAndLine() {
        assertThat(problems(new MemoryTree().with("README.md", ""))).containsExactly("the repository has neither fleet.yaml nor a file in targets/, so it is no fleet repository");
        assertThat(problems(new MemoryTree()
                .with("fleet.yaml", target("a", "path: nowhere") + "---\n" + target("b", "path: ../out") + "---\n" + target("c", "path: x\ntimeout: soon") + "---\n" + target("d", "paht: x")
                        + "---\nkind: Other\n---\n" + target("a", "path: x"))
                .with("targets/bad.yaml", "a: [").with("targets/sel.yaml", target("e", "path: x\nselector:\n  matchExpressions: [{key: a, operator: Near}]"))
                .with("targets/broken.yaml", target("f", "path: broken")).with("broken/one.yaml", "a:\n\tb: c\n")
                .with("x/x.yaml", configMap("x")))).containsExactlyInAnyOrder(
                        "fleet.yaml:5: there is no folder \"nowhere\" in the repository",
                        "fleet.yaml:11: the path \"../out\" leads out of the repository",
                        "fleet.yaml:18: \"soon\" is not a duration such as 90s, 5m or 1h30m",
                        "fleet.yaml:24: a Target has no field \"paht\" here",
                        "fleet.yaml:23: the Target has no path",
                        "fleet.yaml:26: this file is for objects of apiVersion fleet.skerry.io/v1, kind Target",
                        "fleet.yaml:30: there is another Target a at fleet.yaml:1",
                        "targets/bad.yaml:1: while parsing a flow node, expected the node content, but found '<stream end>'",
                        "targets/sel.yaml:6: \"Near\" is not a valid label selector operator",
                        "broken/one.yaml:2: while scanning for the next token, found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)");
    }

    /** Read leniently, each would select the whole fleet, or no device, which then prunes all it has. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            selector: [a]                                    | 6: the selector is not valid at ["a"]: a selector has matchLabels
            selector: foo                                    | 6: the selector is not valid at "foo": a selector has matchLabels
            selector: {matchLabel: {site: x}}                | 6: unknown field "matchLabel": a selector has matchLabels
            selector: {matchLabels: [a]}                     | 6: matchLabels is a map of keys to text, not ["a"]
            selector: {matchLabels: {a.b/c: [x]}}            | 6: a.b/c is text, not ["x"]
            selector: {matchLabels: {rack: 5}}               | 6: rack is text, not 5; put it in quotes
            selector: {matchLabels: {rack: }}                | 6: rack is text, not null
            selector: {matchExpressions: 5}                  | 6: matchExpressions is a list of {key, operator, values}, not 5
            selector: {matchExpressions: [a]}                | 6: the selector is not valid at "a": a selector has
            selector: {matchExpressions: [{key: a, op: In}]} | 6: unknown field "op": a selector has
            selector: {matchExpressions: [{operator: In}]}   | 6: there is no key: a selector has
            selector: {matchExpressions: [{key: a, operator: In, values: x}]} | 6: values is a list of text, not "x"
            dependsOn: x                                     | 6: "dependsOn" is a list of Targets' names, not "x"
            dependsOn: {name: x}                             | 6: "dependsOn" is a list of Targets' names, not {"name":"x"}
            dependsOn: [{nam: x}]                            | 6: "dependsOn" is a list of Targets' names, each a name or {name: a name}, not {"nam":"x"}
            timeout: [5m]                                    | 6: "timeout" is text, not ["5m"]
            selectors: {}                                    | 6: a Target has no field "selectors" here
            """)
    void refusesAMalformedTarget(String field, String problem) {
        assertThat(problems(new MemoryTree().with("fleet.yaml", target("t", "path: x\n" + field)).with("x/x.yaml", configMap("x"))))
                .singleElement().asString().startsWith("fleet.yaml:" + problem);
    }

    @Test
    void aTargetsSpecIsAMap() {
        assertThat(problems(new MemoryTree().with("fleet.yaml", "apiVersion: fleet.skerry.io/v1\nkind: Target\nmetadata: {name: t}\nspec: x\n")))
                .contains("fleet.yaml:4: a Target's spec is a map of fields");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            labels: [1]                            | "labels.0" is a map, not 1
            labels: [{pairs: [a]}]                 | "labels.0.pairs" is a map of keys to text, not ["a"]
            labels: [{pairs: {a: [b]}}]            | "labels.0.pairs.a" is text, not ["b"]
            commonLabels: [a]                      | "commonLabels" is a map of keys to text, not ["a"]
            commonLabels: {a: {b: c}}              | "commonLabels.a" is text, not {"b":"c"}
            commonAnnotations: 5                   | "commonAnnotations" is a map of keys to text, not 5
            namespace: [a]                         | "namespace" is text, not ["a"]
            namePrefix: {a: b}                     | "namePrefix" is text, not {"a":"b"}
            nameSuffix: [a]                        | "nameSuffix" is text, not ["a"]
            components: [{a: b}]                   | "components.0" is text, not {"a":"b"}
            images: [web]                          | "images.0" is a map, not "web"
            patches: [p.yaml]                      | "patches.0" is a map, not "p.yaml"
            generatorOptions: {labels: [a]}        | "generatorOptions.labels" is a map of keys to text, not ["a"]
            configMapGenerator: [{name: c, literals: a=b}] | "configMapGenerator.0.literals" is a list, not "a=b"
            """)
    void refusesAKustomizationsFieldOfAnotherType(String field, String problem) {
        assertThat(problems(new MemoryTree().with("fleet.yaml", target("t", "path: x")).with("x/x.yaml", configMap("x"))
                .with("x/kustomization.yaml", "resources: [x.yaml]\n" + field + "\n"))).containsExactly("x/kustomization.yaml:2: " + problem);
    }

    @Test
    void refusesOneObjectInTwoTargetsAndCircles() {
        assertThat(problems(new MemoryTree().with("fleet.yaml", target("a", "path: x") + "---\n" + target("b", "path: y")).with("x/x.yaml", configMap("same")).with("y/y.yaml", "\n" + configMap("same"))))
                .containsExactly("y/y.yaml:2: ConfigMap same is in two Targets of this device, a and b");
        assertThat(problems(new MemoryTree().with("fleet.yaml", target("a", "path: x\ndependsOn: [b]") + "---\n" + target("b", "path: y\ndependsOn: [a]") + "---\n" + target("c", "path: z\ndependsOn: [none]"))
                .with("x/x.yaml", configMap("x")).with("y/y.yaml", configMap("y")).with("z/z.yaml", configMap("z"))))
                .containsExactly("fleet.yaml:6: Targets depend on each other in a circle: a → b → a", "fleet.yaml:20: there is no Target \"none\" to depend on");
    }

    @Test
    void buildsTheDemoFleetWithItsChartPacked() throws Exception {
        Path demo = Path.of("../fleet-configs/demo");
        List<Target> targets = FleetRepository.build(new PathTree(demo), "demo-1", Map.of("site", "demo"));
        assertThat(targets).extracting(Target::name).containsExactly("web", "hello");
        assertThat(targets.getFirst().objects()).extracting(object -> object.object().path("kind").asText()).containsExactly("Namespace", "ConfigMap", "Service", "Deployment");
        JsonNode spec = targets.get(1).objects().getFirst().object().path("spec");
        assertThat(spec.has("chart")).isFalse();
        List<String> files = new ArrayList<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(spec.path("chartContent").asText()))))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) files.add(entry.getName());
        }
        assertThat(files).contains("hello/Chart.yaml", "hello/values.yaml", "hello/templates/_helpers.tpl", "hello/templates/deployment.yaml");
        JsonNode again = FleetRepository.build(new PathTree(demo), "demo-1", Map.of("site", "demo")).get(1).objects().getFirst().object().path("spec");
        assertThat(again).as("the same files give the same object").isEqualTo(spec);
        assertThat(FleetRepository.build(new PathTree(demo), "other", Map.of())).isEmpty();
    }

    private static String deployment() {
        return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    spec:\n      containers:\n      - {name: web, image: 'web:1'}\n";
    }

    private static String patched(String patch) {
        return "resources: [web.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |\n    " + patch.replace("\n", "\n    ") + "\n";
    }

    static Stream<Arguments> brokenManifests() {
        String chart = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\n";
        return Stream.of(
                Arguments.of(chart + "metadata:\n  name: c\n  labels: oops\nspec: {chart: web}\n", null, "x/web.yaml:5: metadata.labels is a map of keys to text, not \"oops\""),
                Arguments.of("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  labels: [a]\n", null, "x/web.yaml:5: metadata.labels is a map of keys to text, not [\"a\"]"),
                Arguments.of("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  annotations: 5\n", null, "x/web.yaml:5: metadata.annotations is a map of keys to text, not 5"),
                Arguments.of("apiVersion: v1\nkind: ConfigMap\nmetadata: c\n", null, "x/web.yaml:3: metadata is a map of fields, not \"c\""),
                Arguments.of(chart + "metadata: {name: c}\nspec:\n  chart: ./\n", null, "x/web.yaml:5: a chart has a folder of its own; this is the repository's root"),
                Arguments.of("a: " + "[".repeat(100_000) + "\n", null, "x/web.yaml:1: "),
                Arguments.of(deployment(), patched("- {op: replace, path: '', value: 5}"), "x/kustomization.yaml:5: the JSON patch does not fit Deployment.v1.apps default/web: it leaves no object"),
                Arguments.of(deployment(), patched("- {op: replace, path: /metadata, value: 5}"), "x/kustomization.yaml:5: metadata is a map of fields, not 5"),
                Arguments.of(deployment(), patched("- {op: replace, path: /metadata/name, value: {}}"), "x/kustomization.yaml:5: metadata.name is text, not {}"),
                Arguments.of(deployment(), patched("- {op: remove, path: /kind}"), "x/web.yaml:1: the object has no kind"),
                Arguments.of(deployment(), patched("spec:\n  template:\n    spec:\n      containers: [foo]"),
                        "x/kustomization.yaml:8: the field spec/template/spec/containers/env/valueFrom/configMapKeyRef/name leads through a value that is neither an object nor a list"),
                Arguments.of(deployment(), patched("- {op: replace, path: /spec/template/spec/containers, value: web}") + "images: [{name: web, newTag: '2'}]\n",
                        "x/kustomization.yaml:5: the field spec/template/spec/containers/"),
                Arguments.of(deployment(), "resources: [web.yaml]\nreplacements:\n- sourceValue: a\n  targets: [{select: {kind: Deployment}, fieldPaths: [metadata], options: {}}]\n", "x/web.yaml:3: metadata is a map of fields, not \"a\""));
    }

    /** Each was once able to end the agent's fetcher. */
    @ParameterizedTest
    @MethodSource("brokenManifests")
    void refusesABrokenManifestWithItsPlace(String manifest, String kustomization, String problem) {
        MemoryTree tree = new MemoryTree().with("fleet.yaml", target("t", "path: x")).with("x/web.yaml", manifest);
        if (kustomization != null) tree.with("x/kustomization.yaml", kustomization);
        assertThat(problems(tree)).singleElement().asString().startsWith(problem);
    }

    @Test
    void saysWhereABaseIsBrokenNotWhereItIsUsed() {
        assertThat(problems(new MemoryTree().with("fleet.yaml", target("t", "path: overlay"))
                .with("overlay/kustomization.yaml", "resources: [../base]\ncommonLabels: {a: b}\n").with("base/kustomization.yaml", "resources: [service.yaml]")
                .with("base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\nspec:\n  selector: oops\n")))
                .containsExactly("base/service.yaml:6: the field spec/selector of Service.v1 s is a map of keys to text, not \"oops\"");
    }

    @Test
    void survivesAFailureThatNoCheckForesaw() {
        FileTree failing = new FileTree() {
            private final MemoryTree tree = new MemoryTree().with("fleet.yaml", target("t", "path: x")).with("x/a.yaml", configMap("a"));

            @Override
            public Optional<Kind> kind(String path) {
                return tree.kind(path);
            }

            @Override
            public byte[] read(String path) throws IOException {
                if (path.equals("x/a.yaml")) throw new OutOfMemoryError("Java heap space");
                return tree.read(path);
            }

            @Override
            public List<Entry> list(String directory) {
                return tree.list(directory);
            }
        };
        assertThat(catchThrowableOfType(FleetException.class, () -> FleetRepository.build(failing, "d", Map.of())).problems()).singleElement()
                .hasToString("x: it can't be built: java.lang.OutOfMemoryError: Java heap space");
    }

    /** Links to a folder around them, and a file of 60 MB, in a real commit. */
    @Test
    @Timeout(60)
    void refusesCircularLinksAndHugeFiles(@TempDir Path folder) throws Exception {
        FleetRepo repo = new FleetRepo(folder);
        Path work = folder.resolve("work");
        repo.write("fleet.yaml", List.of("plain", "kustomized", "chart", "self", "huge", "wide").stream().map(name -> target(name, "path: " + name)).collect(Collectors.joining("---\n")))
                .write("plain/a.yaml", configMap("a"))
                .write("kustomized/kustomization.yaml", "resources: [loop]\n")
                .write("chart/c.yaml", "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: c, namespace: default}\nspec:\n  chart: ./charts/c\n")
                .write("charts/c/Chart.yaml", "name: c\nversion: 1.0.0\n").write("self/a.yaml", configMap("b")).write("huge/a.yaml", "a".repeat(60_000_000)).write("wide/a.yaml", configMap("c"));
        Files.createSymbolicLink(work.resolve("plain/loop"), Path.of("."));
        Files.createSymbolicLink(work.resolve("kustomized/loop"), Path.of("."));
        Files.createSymbolicLink(work.resolve("charts/c/templates"), Path.of("../c"));
        Files.createSymbolicLink(work.resolve("self/self.yaml"), Path.of("self.yaml"));
        for (int i = 0; i < 30; i++) Files.createSymbolicLink(work.resolve("wide/up" + i), Path.of("../wide"));
        String commit = repo.push("broken");
        try (GitHttpServer server = new GitHttpServer(repo.served(), 0); GitSource source = new GitSource(GitRemote.of(server.url("fleet.git")), folder.resolve("clone.git"))) {
            assertThat(source.fetch()).isEqualTo(commit);
            FileTree tree = source.files(commit);
            assertThat(catchThrowableOfType(FleetException.class, () -> FleetRepository.build(tree, "d", Map.of())).problems()).extracting(Object::toString).containsExactly(
                    "plain/loop: the symbolic link leads to the folder \"plain\", which this Target reads already",
                    "kustomized/loop/kustomization.yaml: the kustomization leads back to itself: kustomized → kustomized",
                    "charts/c/templates: the symbolic link leads back to the folder \"charts/c\", which it is in",
                    "self/self.yaml: too many symbolic links on the way; does this one lead back to itself?",
                    "huge/a.yaml: it is too big: 60000000 bytes, of which there may be 10485760",
                    "wide/up0: the symbolic link leads to the folder \"wide\", which this Target reads already");
        }
    }

    @Test
    void refusesAChartTooBigToUnpackOnADevice() {
        MemoryTree tree = new MemoryTree().with("fleet.yaml", target("a", "path: x")).with("charts/c/Chart.yaml", "name: c\n")
                .with("x/c.yaml", "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: c, namespace: default}\nspec:\n  chart: ./charts/c\n");
        for (int i = 0; i < 5; i++) tree.with("charts/c/files/" + i, "a".repeat(5 << 20));
        assertThat(problems(tree)).containsExactly("charts/c: the chart is too big: all its files together may have 20 MiB");
    }

    @Test
    void saysWhereAChartIsMissing() {
        assertThat(problems(new MemoryTree().with("fleet.yaml", target("a", "path: x"))
                .with("x/c.yaml", "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: c, namespace: default}\nspec:\n  chart: ./charts/none\n")))
                .containsExactly("x/c.yaml:5: there is no chart at \"./charts/none\" (seen from the repository's root): charts/none/Chart.yaml does not exist");
    }
}
