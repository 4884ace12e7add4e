package io.skerry.gitops.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.gitops.kustomize.MemoryTree;
import io.skerry.gitops.kustomize.PathTree;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

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

  @Test
  void saysWhereAChartIsMissing() {
    assertThat(problems(new MemoryTree().with("fleet.yaml", target("a", "path: x"))
        .with("x/c.yaml", "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: c, namespace: default}\nspec:\n  chart: ./charts/none\n")))
        .containsExactly("x/c.yaml:5: there is no chart at \"./charts/none\" (seen from the repository's root): charts/none/Chart.yaml does not exist");
  }
}
