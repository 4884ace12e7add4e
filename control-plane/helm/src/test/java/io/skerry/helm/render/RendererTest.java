package io.skerry.helm.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.helm.Helm;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.chart.UserValues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole charts, against real Helm: the manifests must be the same to the letter. */
class RendererTest {
    @TempDir
    Path dir;

    private void same(Path chart, String values) throws Exception {
        Path file = Files.writeString(dir.resolve("values-" + System.nanoTime() + ".yaml"), values);
        HelmOracle.Result expected = HelmOracle.template(chart, "demo", "ns1", file);
        assertThat(expected.error()).isNull();
        Map<String, Object> user = new UserValues().yaml(values, "values.yaml").toMap();
        Rendered r = Helm.template(Chart.ofFolder(chart), new TemplateRequest("demo", "ns1", user, 1, false, HelmOracle.KUBE_VERSION, Set.of(), null));
        // The library prints the release's manifest, which has no hooks.
        assertThat(r.manifest().strip()).isEqualTo(expected.text().strip());
    }

    @Test
    void rendersWhatHelmCreateMakes() throws Exception {
        com.marcnuri.helm.Helm.create().withName("web").withDir(dir).call();
        Path chart = dir.resolve("web");
        same(chart, "{}");
        same(chart, "replicaCount: 3\nautoscaling: {enabled: true}\ningress: {enabled: true, className: x, annotations: {a: b}, tls: [{secretName: s, hosts: [h]}]}");
        same(chart, "nodeSelector: {disk: ssd}\ntolerations: [{key: a, operator: Exists}]\nresources: {limits: {cpu: 100m}}\nserviceAccount: {create: false, name: x}\nimage: {tag: '1'}\n"
            + "volumes: [{name: v, emptyDir: {}}]\nvolumeMounts: [{name: v, mountPath: /v}]\npodAnnotations: {x: \"1\"}\nfullnameOverride: other");
    }

    private static final String LIBRARY_CHART = "apiVersion: v2\nname: common\nversion: 0.1.0\ntype: library\n";

    /** A parent with subcharts under tags, conditions, an alias, imported values and globals. */
    private Path family(String name) {
        Map<String, String> f = new java.util.LinkedHashMap<>();
        f.put("Chart.yaml", """
            apiVersion: v2
            name: parent
            version: 1.0.0
            appVersion: "5"
            kubeVersion: ">=1.19.0-0"
            dependencies:
              - {name: db, version: ">=0.1.0", repository: "", condition: db.enabled, import-values: [exported, {child: nested.deep, parent: imported}]}
              - {name: db, version: 0.1.0, repository: "", alias: replica, tags: [extra]}
              - {name: cache, version: "~1.2", repository: "", tags: [extra, fast], condition: "nope.enabled,cache.on"}
              - {name: common, version: "*", repository: ""}
            """);
        f.put("values.yaml", """
            global: {domain: example.com, shared: {a: 1, b: 2}}
            title: parent
            db: {size: big, map: {keep: parent, drop: me}, list: [1, 2]}
            replica: {size: small}
            tags: {extra: true}
            imported: {own: 1}
            """);
        f.put("templates/_helpers.tpl", "{{- define \"title\" -}}parent title {{ .Chart.Name }}{{- end -}}{{ define \"empty\" }}{{ end }}");
        f.put("templates/all.yaml", """
            kind: Parent
            values: {{ toYaml .Values | nindent 2 }}
            title: {{ include "title" . }}
            common: {{ include "common.name" . }}
            subcharts: {{ keys .Subcharts | sortAlpha | join "," }}
            dbvalues: {{ .Subcharts.db | default dict | toJson | len | ne 2 }}
            deps: {{ len .Chart.Dependencies }}
            """);
        f.put("templates/empty.yaml", "{{ if false }}x{{ end }}\n---\n\n---\n# only a comment\n---\nkind: ConfigMap\nmetadata: {name: z}\n---\n  \nkind: Namespace\nmetadata: {name: n}\n");
        f.put("templates/NOTES.txt", "Hello {{ .Release.Name }}");
        f.put("templates/nested/deep.yaml", "kind: Zebra\nmetadata: {name: {{ .Template.Name | quote }}}\n---\nkind: Aardvark\nbase: {{ .Template.BasePath }}\n");
        f.put("templates/hook.yaml", "kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: \"pre-install, post-upgrade\", helm.sh/hook-weight: \"-5\", helm.sh/hook-delete-policy: hook-succeeded}}\n");
        f.put("templates/test.yaml", "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n");
        f.put("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n");
        f.put("charts/db/values.yaml", """
            size: default
            enabledDefault: true
            map: {keep: db, drop: x, more: 1, inner: {x: 1, y: 2}}
            list: [9]
            global: {domain: db.local, own: sub, shared: {b: 3, c: 4}}
            exports: {exported: {fromDb: yes, title: never}}
            nested: {deep: {one: 1}}
            """);
        f.put("charts/db/templates/db.yaml", """
            kind: Db
            name: {{ .Chart.Name }}
            root: {{ .Chart.IsRoot }}
            title: {{ include "title" . }}
            values: {{ toYaml .Values | nindent 2 }}
            """);
        f.put("charts/db/templates/_t.tpl", "{{ define \"title\" }}db title{{ end }}");
        f.put("charts/db/templates/NOTES.txt", "not shown");
        f.put("charts/cache/Chart.yaml", "apiVersion: v2\nname: cache\nversion: 1.2.9\n");
        f.put("charts/cache/values.yaml", "ttl: 5\ngrandchild: {x: fromcache}\n");
        f.put("charts/cache/templates/c.yaml", "kind: Cache\nvalues: {{ toYaml .Values | nindent 2 }}\n");
        f.put("charts/cache/charts/grandchild/Chart.yaml", "apiVersion: v1\nname: grandchild\nversion: 0.0.1\n");
        f.put("charts/cache/charts/grandchild/values.yaml", "x: own\ny: own\n");
        f.put("charts/cache/charts/grandchild/templates/g.yaml", "kind: Grandchild\nvalues: {{ toYaml .Values | nindent 2 }}\nname: {{ .Template.Name }}\n");
        f.put("charts/common/Chart.yaml", LIBRARY_CHART);
        f.put("charts/common/templates/_lib.tpl", "{{ define \"common.name\" }}{{ .Release.Name }}-common{{ end }}");
        f.put("charts/common/templates/never.yaml", "kind: Never\n");
        return HelmOracle.write(dir.resolve(name), f);
    }

    @Test
    void valuesReachSubchartsAsInHelm() throws Exception {
        Path chart = family("parent");
        same(chart, "{}");
        same(chart, "db: {enabled: false}");
        same(chart, "tags: {extra: false}");
        same(chart, "tags: {extra: false, fast: true}\ncache: {on: true}");
        same(chart, "cache: {on: false}");
        same(chart, "db: {size: user, map: {drop: null, new: 1, inner: null}, list: null, enabled: true}\nreplica: {map: {inner: {x: null}}}");
        same(chart, "title: null\nglobal: {domain: null, shared: {a: null, z: 26}, user: 1}\nimported: null");
        same(chart, "global: {shared: null}\ndb: {global: {domain: sub, onlydb: 1, shared: {b: 9}}}\nimported: {one: 2, own: null}");
        same(chart, "cache: {grandchild: {y: top, x: null}, ttl: null}\nfromDb: false");
        same(chart, "db: {map: text}\nextra: {deep: {er: [1, {a: null}]}}");
    }

    @Test
    void nullsDeleteDefaultsAtEveryDepth() throws Exception {
        Path chart = HelmOracle.write(dir.resolve("nulls"), Map.of("Chart.yaml", "apiVersion: v2\nname: nulls\nversion: 1.0.0\n", "values.yaml",
            "a: 1\nb: {c: 2, d: {e: 3, f: null}}\ng: null\nh: {}\ni: [1]\n", "templates/x.yaml", "kind: X\nv: {{ toJson .Values }}\nhas: {{ hasKey .Values \"g\" }} {{ hasKey .Values \"a\" }}\n"));
        same(chart, "{}");
        same(chart, "a: null");
        same(chart, "b: null");
        same(chart, "b: {c: null}");
        same(chart, "b: {d: {e: null, z: null}}\nnew: null\nnewmap: {x: null}");
        same(chart, "b: 5\nh: 1\ni: null\ng: {x: 1}");
        same(chart, "a: {b: 1}\ni: {c: 1}\nb: []");
    }

    @Test
    void ofAKeyThatIsThereTwiceTheLastCounts() throws Exception {
        Path chart = HelmOracle.write(dir.resolve("twice"), Map.of("Chart.yaml", "apiVersion: v2\nname: first\nname: twice\nversion: 1.0.0\n", "values.yaml", "a: 1\nb: {c: 1, c: 2}\na: {x: 1}\n",
            "templates/x.yaml", "kind: First\nkind: Namespace\nv: {{ toJson .Values | quote }}\ny: {{ fromYaml \"a: 1\\na: 2\" | toJson | quote }}\n", "templates/a.yaml", "kind: ConfigMap\n"));
        same(chart, "b: {d: 1, d: 2}");
    }

    @Test
    void kindsComeInInstallOrder() throws Exception {
        StringBuilder all = new StringBuilder();
        for (String kind : ("Zzz Ingress ValidatingWebhookConfiguration MutatingWebhookConfiguration APIService IngressClass CronJob Job StatefulSet HorizontalPodAutoscaler Deployment ReplicaSet "
            + "ReplicationController Pod DaemonSet Service RoleBindingList RoleBinding RoleList Role ClusterRoleBindingList ClusterRoleBinding ClusterRoleList ClusterRole "
            + "CustomResourceDefinition PersistentVolumeClaim PersistentVolume StorageClass ConfigMap SecretList Secret ServiceAccount PodDisruptionBudget PodSecurityPolicy LimitRange "
            + "ResourceQuota NetworkPolicy Namespace PriorityClass Aaa Middle EndpointSlice RuntimeClass Gateway List ConfigMapList Lease CSIDriver VolumeAttachment").split(" ")) {
            all.append("---\nkind: ").append(kind).append("\nmetadata: {name: one}\n---\nkind: ").append(kind).append("\nmetadata: {name: another}\n");
        }
        same(HelmOracle.write(dir.resolve("kinds"), Map.of("Chart.yaml", "apiVersion: v2\nname: kinds\nversion: 1.0.0\n", "templates/all.yaml", all.toString(), "templates/b.yaml", all.toString())), "{}");
    }

    @Test
    void hooksAndNotesAreApart() {
        Rendered r = Helm.template(Chart.ofFolder(family("apart")), TemplateRequest.of("demo", "ns1", Map.of()));
        assertThat(r.notes()).isEqualTo("Hello demo");
        assertThat(r.hooks()).extracting(h -> h.manifest().name()).containsExactly("t", "h");
        Hook h = r.hooks().get(1);
        assertThat(h.events()).containsExactly("pre-install", "post-upgrade");
        assertThat(h.weight()).isEqualTo(-5);
        assertThat(h.deletePolicies()).containsExactly("hook-succeeded");
        assertThat(r.objects()).extracting(Manifest::kind).doesNotContain("Job", "Pod", "Never").startsWith("Namespace", "ConfigMap");
    }

    @Test
    void saysWhatIsWrongWithAChart() {
        Map<String, String> broken = new java.util.LinkedHashMap<>();
        broken.put("apiVersion: v2\nversion: 1.0.0\n", "Chart.yaml: chart.metadata.name is required");
        broken.put("name: x\nversion: 1.0.0\n", "Chart.yaml: chart.metadata.apiVersion is required");
        broken.put("apiVersion: v2\nname: x\n", "Chart.yaml: chart.metadata.version is required");
        broken.put("apiVersion: v2\nname: x\nversion: abc\n", "chart.metadata.version abc is invalid");
        broken.put("apiVersion: v2\nname: x\nversion: 1.0.0\ntype: odd\n", "chart.metadata.type must be application or library");
        broken.put("apiVersion: v2\nname: x\nversion: 1.0.0\nkubeVersion: '>=9'\n", "chart requires kubeVersion: >=9 which is incompatible with Kubernetes v1.33.0");
        broken.put("apiVersion: v2\nname: x\nversion: 1.0.0\ndependencies: [{name: dep, version: '1'}]\n", "missing in charts/ directory: dep");
        broken.put("apiVersion: v2\nname: [x\n", "Chart.yaml:3:1");
        broken.put(LIBRARY_CHART, "library charts are not installable");
        broken.forEach((yaml, message) -> org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> Helm.template(Chart.of(Map.of("Chart.yaml", yaml.getBytes())), TemplateRequest.of("a", "b", Map.of())))
            .isInstanceOf(io.skerry.helm.HelmException.class).hasMessageContaining(message));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> Chart.ofArchive("no archive".getBytes())).hasMessageContaining("not a gzipped tar archive");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> Chart.of(Map.of("Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n".getBytes(), "values.yaml", "a: 1\nb: [".getBytes())))
            .hasMessageContaining("values.yaml:2");
    }

    @Test
    void aPackagedChartIsTheSame() throws Exception {
        Path chart = family("packed");
        new com.marcnuri.helm.Helm(chart).packageIt().withDestination(dir).call();
        Chart packed = Chart.ofArchive(Files.readAllBytes(dir.resolve("parent-1.0.0.tgz")));
        Rendered a = Helm.template(packed, TemplateRequest.of("demo", "ns1", Map.of()));
        Rendered b = Helm.template(Chart.ofFolder(chart), TemplateRequest.of("demo", "ns1", Map.of()));
        assertThat(a.manifest()).isEqualTo(b.manifest()).isNotBlank();
    }

    @Test
    void ignoresWhatHelmignoreNames() throws Exception {
        Map<String, String> f = new java.util.LinkedHashMap<>();
        f.put("Chart.yaml", "apiVersion: v2\nname: ign\nversion: 1.0.0\n");
        f.put(".helmignore", "# comment\n*.swp\n/top.txt\nsecret/\nsub/*.bak\n!keep.me\n");
        f.put(".helmignore", "# comment\n*.swp\n/top.txt\nsecret/\nsub/*.bak\nq?x.txt\n[ab].md\n");
        for (String n : new String[] {"x.swp", "d/y.swp", "top.txt", "d/top.txt", "secret/a", "d/secret/b", "sub/a.bak", "sub/a.txt", "d/sub/c.bak", "qax.txt", "qaax.txt", "a.md", "c.md", "templates/.hidden"}) {
            f.put(n, "x");
        }
        f.put("templates/out.yaml", "kind: Files\nnames:\n{{- range $n, $_ := .Files }}\n- {{ $n }}\n{{- end }}\n");
        same(HelmOracle.write(dir.resolve("ign"), f), "{}");
    }
}
