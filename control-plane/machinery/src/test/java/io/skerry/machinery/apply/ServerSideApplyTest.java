package io.skerry.machinery.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.defaults.Defaults;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ServerSideApplyTest {

    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00.123Z");
    private static final Instant T1 = Instant.parse("2026-01-01T00:01:00Z");
    private static final Instant T2 = Instant.parse("2026-01-01T00:02:00Z");

    private static Versions versions(String group, String kind) {
        return new OneVersion(TypeTable.builtin().kind(group, "v1", kind).orElseThrow().schema());
    }

    private static ObjectNode yaml(String yaml) {
        return (ObjectNode) Yaml.parseAll(yaml, "test").getFirst().root();
    }

    private static ObjectNode deployment(String spec) {
        return yaml("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: ns}\nspec:\n" + spec.indent(2));
    }

    private static ObjectNode apply(ObjectNode live, ObjectNode config, String manager, boolean force, Instant now) throws ApplyConflictException {
        boolean apps = config.path("apiVersion").asText().equals("apps/v1");
        ObjectNode liveBefore = live == null ? null : live.deepCopy();
        ObjectNode configBefore = config.deepCopy();
        ObjectNode applied = ServerSideApply.apply(live, config, manager, force, versions(apps ? "apps" : "", config.path("kind").asText()),
                config.path("apiVersion").asText(), "", now);
        assertThat(live).isEqualTo(liveBefore);
        assertThat(config).isEqualTo(configBefore);
        return applied;
    }

    private static ObjectNode apply(ObjectNode live, ObjectNode config, String manager) throws ApplyConflictException {
        return apply(live, config, manager, false, T0);
    }

    private static ObjectNode update(ObjectNode live, ObjectNode updated, String manager, Instant now) {
        boolean apps = updated.path("apiVersion").asText().equals("apps/v1");
        ObjectNode copy = updated.deepCopy();
        ManagedFields.recordUpdate(live, copy, manager, versions(apps ? "apps" : "", updated.path("kind").asText()), updated.path("apiVersion").asText(), "", now);
        return copy;
    }

    private static JsonNode entry(ObjectNode object, String manager) {
        for (JsonNode entry : Json.at(object, "metadata", "managedFields")) {
            if (entry.path("manager").asText().equals(manager)) {
                return entry;
            }
        }
        return Json.object().path("none");
    }

    private static JsonNode fields(ObjectNode object, String manager) {
        return entry(object, manager).path("fieldsV1");
    }

    private static final String SIMPLE = """
            replicas: 3
            selector: {matchLabels: {app: x}}
            template:
              metadata: {labels: {app: x}}
              spec:
                containers:
                - name: a
                  image: a:1
                  ports: [{containerPort: 80}]
                  resources: {}
            """;

    @Test
    void createsAndRecordsWhatWasApplied() throws Exception {
        ObjectNode created = apply(null, deployment(SIMPLE), "me");
        assertThat(created.path("spec").path("replicas").asInt()).isEqualTo(3);
        assertThat(Json.at(created, "metadata", "managedFields")).isEqualTo(Json.parse("""
                [{"manager":"me","operation":"Apply","apiVersion":"apps/v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":
                {"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:containers":{
                "k:{\\"name\\":\\"a\\"}":{".":{},"f:name":{},"f:image":{},"f:resources":{},"f:ports":{"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:containerPort":{}}}}}}}}}}]"""));
    }

    @Test
    void nothingChangesWhenTheSameIsAppliedAgain() throws Exception {
        ObjectNode created = apply(null, deployment(SIMPLE), "me");
        // as the server leaves it: with defaults that nobody owns
        ObjectNode stored = created.deepCopy();
        stored.withObject("spec").put("progressDeadlineSeconds", 600);
        ((ObjectNode) Json.at(stored, "spec", "template", "spec", "containers").get(0)).put("imagePullPolicy", "IfNotPresent");
        assertThat(apply(stored, deployment(SIMPLE), "me", false, T1)).isEqualTo(stored);
    }

    @Test
    void timeChangesOnlyWithTheSetOrTheObject() throws Exception {
        ObjectNode one = apply(null, deployment("replicas: 1"), "me");
        assertThat(entry(apply(one, deployment("replicas: 1"), "me", false, T1), "me").path("time").asText()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(entry(apply(one, deployment("replicas: 2"), "me", false, T1), "me").path("time").asText()).isEqualTo("2026-01-01T00:01:00Z");
        ObjectNode shared = apply(one, deployment("replicas: 1"), "other", false, T1);
        assertThat(entry(shared, "me").path("time").asText()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(entry(shared, "other").path("time").asText()).isEqualTo("2026-01-01T00:01:00Z");
    }

    @Test
    void conflictsNameTheManager() throws Exception {
        ObjectNode live = update(null, deployment("replicas: 1"), "kubectl-scale", T0);
        ApplyConflictException e = catchThrowableOfType(ApplyConflictException.class, () -> apply(live, deployment("replicas: 2"), "me"));
        assertThat(e).hasMessage("Apply failed with 1 conflict: conflict with \"kubectl-scale\" using apps/v1: .spec.replicas");
        assertThat(e.conflicts()).singleElement().satisfies(c -> {
            assertThat(c.message()).isEqualTo("conflict with \"kubectl-scale\" using apps/v1");
            assertThat(c.fieldPath()).isEqualTo(".spec.replicas");
        });
        ObjectNode applied = apply(null, deployment(SIMPLE), "first");
        ApplyConflictException several = catchThrowableOfType(ApplyConflictException.class,
                () -> apply(applied, deployment(SIMPLE.replace("3", "4").replace("a:1", "a:2")), "me"));
        assertThat(several).hasMessage("Apply failed with 2 conflicts: conflicts with \"first\":\n- .spec.replicas\n- .spec.template.spec.containers[name=\"a\"].image");
    }

    @Test
    void forceTakesFields() throws Exception {
        ObjectNode live = apply(null, deployment("replicas: 1\npaused: true"), "first");
        ObjectNode forced = apply(live, deployment("replicas: 2"), "me", true, T1);
        assertThat(forced.path("spec").path("replicas").asInt()).isEqualTo(2);
        assertThat(fields(forced, "first")).isEqualTo(Json.parse("{\"f:spec\":{\"f:paused\":{}}}"));
        assertThat(fields(forced, "me")).isEqualTo(Json.parse("{\"f:spec\":{\"f:replicas\":{}}}"));
        // the first manager now meets the conflict, and gives the field up by leaving it out
        assertThatThrownBy(() -> apply(forced, deployment("replicas: 1"), "first")).isInstanceOf(ApplyConflictException.class);
        assertThat(apply(forced, deployment("paused: true"), "first").path("spec").path("replicas").asInt()).isEqualTo(2);
    }

    @Test
    void equalValuesAreShared() throws Exception {
        ObjectNode both = apply(apply(null, deployment("replicas: 1"), "first"), deployment("replicas: 1"), "second");
        assertThat(fields(both, "first")).isEqualTo(fields(both, "second"));
        ObjectNode left = apply(both, deployment("paused: true"), "first");
        assertThat(left.path("spec").path("replicas").asInt()).as("the second still wants it").isEqualTo(1);
        ObjectNode gone = apply(left, deployment("{}"), "second");
        assertThat(gone.path("spec").has("replicas")).as("nobody wants it").isFalse();
        assertThat(gone.path("spec").path("paused").asBoolean()).isTrue();
    }

    @Test
    void removesWhatIsNoLongerApplied() throws Exception {
        ObjectNode live = apply(null, deployment("""
                replicas: 1
                template:
                  metadata: {labels: {a: b, c: d}, annotations: {x: y}}
                  spec:
                    containers:
                    - name: a
                      image: a:1
                      livenessProbe: {httpGet: {path: /, port: 80}}
                      env: [{name: E, value: '1'}, {name: F, value: '2'}]
                    - name: b
                      image: b:1
                """), "me");
        JsonNode containers = Json.at(live, "spec", "template", "spec", "containers");
        ((ObjectNode) containers.get(0).get("livenessProbe")).put("timeoutSeconds", 1); // defaults
        ((ObjectNode) containers.get(1)).put("imagePullPolicy", "Always");
        ObjectNode applied = apply(live, deployment("""
                template:
                  metadata: {labels: {a: b}}
                  spec:
                    containers:
                    - name: a
                      image: a:1
                      env: [{name: F, value: '2'}]
                """), "me");
        assertThat(applied.path("spec")).isEqualTo(yaml("""
                template:
                  metadata: {labels: {a: b}}
                  spec:
                    containers:
                    - name: a
                      image: a:1
                      env: [{name: F, value: '2'}]
                """));
    }

    @Test
    void anItemGoesWithWhatOthersPutIntoItUnlessTheyOwnTheItem() throws Exception {
        ObjectNode live = apply(null, deployment("template: {spec: {containers: [{name: a, image: 'a:1'}, {name: b, image: 'b:1'}]}}"), "me");
        ObjectNode changed = live.deepCopy();
        ((ObjectNode) Json.at(changed, "spec", "template", "spec", "containers").get(1)).put("imagePullPolicy", "Always");
        ObjectNode updated = update(live, changed, "editor", T1);
        assertThat(fields(updated, "editor")).isEqualTo(Json.parse("{\"f:spec\":{\"f:template\":{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"b\\\"}\":{\"f:imagePullPolicy\":{}}}}}}}"));
        ObjectNode applied = apply(updated, deployment("template: {spec: {containers: [{name: a, image: 'a:1'}]}}"), "me", false, T2);
        assertThat(Json.at(applied, "spec", "template", "spec", "containers")).hasToString("[{\"name\":\"a\",\"image\":\"a:1\"}]");
        assertThat(entry(applied, "editor").isMissingNode()).isTrue();
        ObjectNode owned = apply(updated, deployment("template: {spec: {containers: [{name: b}]}}"), "other", false, T1);
        ObjectNode kept = apply(owned, deployment("template: {spec: {containers: [{name: a, image: 'a:1'}]}}"), "me", false, T2);
        assertThat(Json.at(kept, "spec", "template", "spec", "containers")).hasToString("[{\"name\":\"a\",\"image\":\"a:1\"},{\"name\":\"b\",\"imagePullPolicy\":\"Always\"}]");
    }

    @Test
    void listsOfEachKind() throws Exception {
        ObjectNode service = yaml("{apiVersion: v1, kind: Service, metadata: {name: s, finalizers: [x.io/a]}, spec: {ports: [{port: 80, name: http}], externalIPs: [1.1.1.1]}}");
        ObjectNode live = apply(null, service, "first");
        ObjectNode second = yaml("{apiVersion: v1, kind: Service, metadata: {name: s, finalizers: [x.io/b]}, spec: {ports: [{port: 53, protocol: UDP}]}}");
        ObjectNode both = apply(live, second, "second");
        assertThat(Json.at(both, "metadata", "finalizers")).as("a set").hasToString("[\"x.io/a\",\"x.io/b\"]");
        assertThat(Json.at(both, "spec", "ports").size()).as("a map").isEqualTo(2);
        assertThat(fields(both, "second")).hasToString("{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"x.io/b\\\"\":{}}},\"f:spec\":{\"f:ports\":{\"k:{\\\"port\\\":53,\\\"protocol\\\":\\\"UDP\\\"}\":{\".\":{},\"f:port\":{},\"f:protocol\":{}}}}}");
        ObjectNode atomic = yaml("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {externalIPs: [2.2.2.2]}}");
        assertThatThrownBy(() -> apply(both, atomic, "second")).as("an atomic list has one owner").hasMessageEndingWith(": .spec.externalIPs");
        ObjectNode gone = apply(both, yaml("{apiVersion: v1, kind: Service, metadata: {name: s}}"), "first");
        assertThat(gone.path("spec")).isEqualTo(Json.parse("{\"ports\":[{\"port\":53,\"protocol\":\"UDP\"}]}"));
        assertThat(Json.at(gone, "metadata", "finalizers")).hasToString("[\"x.io/b\"]");
    }

    @Test
    void itemsKeepTheAppliersOrder() throws Exception {
        String env = "template: {spec: {containers: [{name: a, env: [%s]}]}}";
        ObjectNode live = apply(null, deployment(env.formatted("{name: A}, {name: B}, {name: C}")), "first");
        ObjectNode applied = apply(live, deployment(env.formatted("{name: C}, {name: D}, {name: A}")), "second");
        assertThat(Json.at(Json.at(applied, "spec", "template", "spec", "containers").get(0), "env")).hasToString("[{\"name\":\"B\"},{\"name\":\"C\"},{\"name\":\"D\"},{\"name\":\"A\"}]");
    }

    @Test
    void refusesItemsThatCannotBeToldApart() {
        assertThatThrownBy(() -> apply(null, deployment("template: {spec: {containers: [{image: x}]}}"), "me")).isInstanceOf(PatchException.class)
                .hasMessage("associative list with keys has an element that omits key field \"name\" (and doesn't have default value)");
        assertThatThrownBy(() -> apply(null, deployment("template: {spec: {containers: [{name: x}, {name: x}]}}"), "me"))
                .hasMessage("duplicate entries for key [name=\"x\"]");
        ObjectNode config = deployment("replicas: 1");
        config.withObject("metadata").putArray("managedFields").addObject();
        assertThatThrownBy(() -> apply(null, config, "me")).hasMessage("metadata.managedFields must be nil");
    }

    @Test
    void withoutASchemaMapsMergeAndListsHaveOneOwner() throws Exception {
        ObjectNode live = ServerSideApply.apply(null, yaml("{apiVersion: e.io/v1, kind: W, metadata: {name: w}, spec: {a: {b: 1}, l: [{name: x}]}}"), "first", false, new OneVersion(Schema.any()), "e.io/v1", "", T0);
        ObjectNode both = ServerSideApply.apply(live, yaml("{apiVersion: e.io/v1, kind: W, metadata: {name: w}, spec: {a: {c: 2}}}"), "second", false, new OneVersion(Schema.any()), "e.io/v1", "", T0);
        assertThat(both.path("spec")).isEqualTo(Json.parse("{\"a\":{\"b\":1,\"c\":2},\"l\":[{\"name\":\"x\"}]}"));
        assertThat(fields(both, "first")).isEqualTo(Json.parse("{\"f:spec\":{\".\":{},\"f:a\":{\".\":{},\"f:b\":{}},\"f:l\":{}}}"));
    }

    @Test
    void updatesRecordWhatTheyChanged() {
        ObjectNode pod = yaml("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: ns, uid: u, resourceVersion: '1', labels: {a: b}}
                spec: {containers: [{name: c, image: i, resources: {limits: {cpu: 1}}, volumeMounts: [{mountPath: /x, name: v}]}], volumes: [{name: v, emptyDir: {}}]}
                status: {phase: Pending}
                """);
        ObjectNode created = update(null, pod, "kubectl-create", T0);
        assertThat(fields(created, "kubectl-create")).isEqualTo(Json.parse("""
                {"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:name":{},"f:image":{},"f:resources":{".":{},"f:limits":{".":{},"f:cpu":{}}},
                "f:volumeMounts":{".":{},"k:{\\"mountPath\\":\\"/x\\"}":{".":{},"f:mountPath":{},"f:name":{}}}}},"f:volumes":{".":{},"k:{\\"name\\":\\"v\\"}":{".":{},"f:name":{},"f:emptyDir":{}}}}}"""));
        ObjectNode running = created.deepCopy();
        running.withObject("status").put("phase", "Running").put("podIP", "10.0.0.1");
        ManagedFields.recordUpdate(created, running, "kubelet", versions("", "Pod"), "v1", "status", T1);
        assertThat(entry(running, "kubelet")).isEqualTo(Json.parse("""
                {"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:01:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:phase":{},"f:podIP":{}}},"subresource":"status"}"""));
        ObjectNode relabelled = running.deepCopy();
        relabelled.withObject("metadata").putObject("labels").put("a", "c").put("d", "e");
        relabelled.withObject("spec").remove("volumes");
        ManagedFields.recordUpdate(running, relabelled, "editor", versions("", "Pod"), "v1", "", T2);
        assertThat(fields(relabelled, "editor")).isEqualTo(Json.parse("{\"f:metadata\":{\"f:labels\":{\"f:a\":{},\"f:d\":{}}}}"));
        assertThat(fields(relabelled, "kubectl-create").path("f:metadata")).isEqualTo(Json.parse("{\"f:labels\":{}}"));
        assertThat(fields(relabelled, "kubectl-create").path("f:spec").has("f:volumes")).isFalse();
    }

    @Test
    void anUpdateThatChangesNothingLeavesTheEntries() {
        ObjectNode live = update(null, deployment("replicas: 1"), "a", T0);
        assertThat(update(live, live, "b", T1)).isEqualTo(live);
        ObjectNode withoutEntries = live.deepCopy();
        withoutEntries.withObject("metadata").remove("managedFields");
        assertThat(update(live, withoutEntries, "b", T1)).isEqualTo(live);
    }

    @Test
    void aSingleEmptyEntryClears() {
        ObjectNode live = update(null, deployment("replicas: 1"), "a", T0);
        ObjectNode cleared = live.deepCopy();
        cleared.withObject("metadata").putArray("managedFields").addObject();
        assertThat(update(live, cleared, "b", T1).path("metadata").has("managedFields")).isFalse();
    }

    @Test
    void oldUpdatersAreAddedTogether() {
        ObjectNode live = null;
        ObjectNode object = deployment("replicas: 1");
        for (int i = 0; i < 14; i++) {
            object.withObject("metadata").withObject("labels").put("l" + i, "x");
            live = update(live, object, "m" + i, T0.plusSeconds(i));
            object = live.deepCopy();
        }
        assertThat(Json.at(live, "metadata", "managedFields").size()).isEqualTo(10);
        assertThat(fields(live, "ancient-changes").path("f:metadata").path("f:labels").has("f:l4")).isTrue();
        assertThat(fields(live, "m13")).isNotEmpty();
    }

    @Test
    void anUpdateTakesFieldsFromAnApplier() throws Exception {
        ObjectNode live = apply(null, deployment("replicas: 1\npaused: true"), "me");
        ObjectNode scaled = live.deepCopy();
        scaled.withObject("spec").put("replicas", 5);
        ObjectNode updated = update(live, scaled, "scaler", T1);
        assertThat(fields(updated, "me")).isEqualTo(Json.parse("{\"f:spec\":{\"f:paused\":{}}}"));
        assertThat(apply(updated, deployment("paused: true"), "me", false, T2).path("spec").path("replicas").asInt()).isEqualTo(5);
        assertThatThrownBy(() -> apply(updated, deployment("replicas: 1\npaused: true"), "me")).hasMessage("Apply failed with 1 conflict: conflict with \"scaler\" using apps/v1: .spec.replicas");
    }

    @Test
    void aWriteThatChangesOnlyTimesIsNone() throws Exception {
        String spec = "template: {spec: {containers: [{name: a, resources: {limits: {cpu: %s}}}]}}";
        ObjectNode stored = apply(null, deployment(spec.formatted("'1'")), "me");
        stored.withObject("metadata").put("resourceVersion", "5");
        ObjectNode applied = apply(stored, deployment(spec.formatted("1000m")), "me", false, T1);
        assertThat(applied).isNotEqualTo(stored);
        Defaults.apply(TypeTable.builtin().kind("apps", "v1", "Deployment").orElseThrow(), stored);
        Defaults.apply(TypeTable.builtin().kind("apps", "v1", "Deployment").orElseThrow(), applied);
        assertThat(applied).as("only the time differs now").isNotEqualTo(stored);
        ManagedFields.keepTimes(stored, applied);
        assertThat(applied).isEqualTo(stored);
        ObjectNode changed = apply(stored, deployment(spec.formatted("'2'")), "me", false, T1);
        ObjectNode before = changed.deepCopy();
        ManagedFields.keepTimes(stored, changed);
        assertThat(changed).isEqualTo(before);
    }
}
