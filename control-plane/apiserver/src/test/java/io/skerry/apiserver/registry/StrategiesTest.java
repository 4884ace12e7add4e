package io.skerry.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the registry makes of objects of some types, as a client gets it back. */
class StrategiesTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ";
    private static final String TEMPLATE = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'i:1'}]}}";

    private static final String CRON = "spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}";

    @AutoClose
    final TestServer api = new TestServer();

    private ObjectNode made(String path, String yaml) {
        DirectCall.Answer answer = api.send("POST", path, yaml);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return (ObjectNode) answer.body();
    }

    private ObjectNode put(String path, JsonNode object) {
        DirectCall.Answer answer = api.send("PUT", path, object.toString());
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        return (ObjectNode) answer.body();
    }

    private static JsonNode yaml(String text) {
        return Yaml.parseAll(text, "expected").getFirst().root();
    }

    @Test
    void aGatedPodWaits() {
        JsonNode status = made(CORE + "pods", "{metadata: {name: p}, spec: {schedulingGates: [{name: a.b/c}], containers: [{name: c, image: i}]}, status: {phase: Running}}").path("status");
        assertThat(Json.at(status, "conditions").get(0).path("lastTransitionTime").asText()).matches(TIME);
        ((ObjectNode) status.path("conditions").get(0)).remove("lastTransitionTime");
        assertThat(status).isEqualTo(yaml("{phase: Pending, qosClass: BestEffort, conditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated, "
                + "message: Scheduling is blocked due to non-empty scheduling gates, lastProbeTime: null}]}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "/api/v1/namespaces/default/services | spec: {ports: [{port: 80}]} | {loadBalancer: {}}",
        "/api/v1/namespaces/default/resourcequotas | spec: {hard: {pods: '4'}} | {}",
        "/api/v1/namespaces/default/replicationcontrollers | spec: {selector: {a: b}, " + TEMPLATE + "} | {replicas: 0}",
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses | spec: {defaultBackend: {service: {name: s, port: {number: 80}}}} | {loadBalancer: {}}",
        "/apis/apps/v1/namespaces/default/deployments | spec: {selector: {matchLabels: {a: b}}, " + TEMPLATE + "} | {}",
        "/apis/apps/v1/namespaces/default/replicasets | spec: {selector: {matchLabels: {a: b}}, " + TEMPLATE + "} | {replicas: 0}",
        "/apis/apps/v1/namespaces/default/daemonsets | spec: {selector: {matchLabels: {a: b}}, " + TEMPLATE
                + "} | {currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0}",
        "/apis/apps/v1/namespaces/default/statefulsets | spec: {serviceName: s, selector: {matchLabels: {a: b}}, " + TEMPLATE + "} | {availableReplicas: 0, replicas: 0}",
        "/apis/batch/v1/namespaces/default/cronjobs | " + CRON + " | {}",
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets | spec: {minAvailable: 1} | {currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0}",
        "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers | spec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: d}} | {currentReplicas: 0, desiredReplicas: 0}",
        "/apis/storage.k8s.io/v1/volumeattachments | spec: {attacher: a, nodeName: node, source: {persistentVolumeName: v}} | {attached: false}"})
    void theStatusIsThereFromTheStart(String path, String yaml, String status) {
        JsonNode made = made(path, "{metadata: {name: x}, " + yaml + ", status: {conditions: []}}");
        assertThat(made.path("status")).isEqualTo(yaml(status));
        assertThat(api.send("GET", path + "/x", null).body()).isEqualTo(made);
        JsonNode applied = api.patch(path + "/z?fieldManager=a", "application/apply-patch+yaml", "{apiVersion: " + Json.text(made, "apiVersion") + ", kind: " + Json.text(made, "kind")
                + ", metadata: {name: z}, " + yaml + "}").body();
        assertThat(applied.path("status")).isEqualTo(yaml(status));
        for (JsonNode each : List.of(made, applied)) {
            assertThat(Json.at(each, "metadata", "managedFields")).hasSize(1);
            assertThat(Json.at(each, "metadata", "managedFields").findValue("f:status")).as("nobody owns it").isNull();
        }
    }

    @Test
    void eachVersionOfAnAutoscalerHasItsNumbers() {
        String path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
        JsonNode made = made(path, "{metadata: {name: x}, spec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: d}}}");
        assertThat(made.path("status")).isEqualTo(yaml("{desiredReplicas: 0}"));
        assertThat(api.send("GET", path.replace("v2", "v1") + "/x", null).body().path("status")).isEqualTo(yaml("{currentReplicas: 0, desiredReplicas: 0}"));
    }

    @Test
    void whatWasStoredWithoutItsStatusIsNotChanged() {
        String path = "/apis/batch/v1/namespaces/default/cronjobs/x";
        api.make("/apis/batch/v1/namespaces/default/cronjobs", "{metadata: {name: z}, " + CRON + "}");
        ObjectNode old = (ObjectNode) api.send("GET", path.replace("/x", "/z"), null).body();
        old.remove("status");
        ((ObjectNode) old.get("metadata")).put("name", "x").remove("resourceVersion");
        long stored = api.store("/registry/batch/cronjobs/default/x", old.toString());
        ObjectNode read = (ObjectNode) api.send("GET", path + "?resourceVersion=" + stored, null).body();
        assertThat(put(path, read)).isEqualTo(read);
        ((ObjectNode) read.get("metadata")).putObject("labels").put("a", "b");
        assertThat(put(path, read).path("status")).isEqualTo(Json.object());
    }

    @Test
    void affinityToPodsWithThisPodsLabels() {
        JsonNode affinity = Json.at(made(CORE + "pods", """
                metadata: {name: p, labels: {app: web, hash: x1}}
                spec:
                  containers: [{name: c, image: i}]
                  affinity:
                    podAffinity:
                      requiredDuringSchedulingIgnoredDuringExecution:
                      - {topologyKey: zone, labelSelector: {matchLabels: {tier: front}}, matchLabelKeys: [hash, none]}
                    podAntiAffinity:
                      preferredDuringSchedulingIgnoredDuringExecution:
                      - {weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {}, mismatchLabelKeys: [app]}}
                """), "spec", "affinity");
        assertThat(affinity).isEqualTo(yaml("""
                podAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                  - {topologyKey: zone, labelSelector: {matchLabels: {tier: front}, matchExpressions: [{key: hash, operator: In, values: [x1]}]}, matchLabelKeys: [hash, none]}
                podAntiAffinity:
                  preferredDuringSchedulingIgnoredDuringExecution:
                  - {weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}, mismatchLabelKeys: [app]}}
                """));
    }

    @Test
    void theQualityOfServiceCountsWhatLimitRangesGive() {
        made(CORE + "limitranges", "{metadata: {name: l}, spec: {limits: [{type: Container, default: {cpu: 100m, memory: 64Mi}}]}}");
        assertThat(Json.text(made(CORE + "pods", "{metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}"), "status", "qosClass")).isEqualTo("Guaranteed");
    }

    @Test
    void annotationsOfADeploymentAreWanted() {
        String path = "/apis/apps/v1/namespaces/default/deployments";
        ObjectNode made = made(path, "{metadata: {name: d, labels: {kept: here}}, spec: {selector: {matchLabels: {a: b}}, " + TEMPLATE + "}}");
        assertThat(made.path("metadata").path("generation").asInt()).isEqualTo(1);
        made.withObject("metadata").putObject("annotations").put("a", "b");
        made = put(path + "/d", made);
        assertThat(made.path("metadata").path("generation").asInt()).isEqualTo(2);
        made.withObject("metadata").putObject("labels").put("kept", "gone");
        made.withObject("metadata").withObject("annotations").put("deployment.kubernetes.io/revision", "1");
        made.withObject("spec").put("replicas", 7);
        made.putObject("status").put("replicas", 1);
        ObjectNode after = put(path + "/d/status", made);
        assertThat(after.path("metadata").path("generation").asInt()).as("through the status").isEqualTo(2);
        assertThat(Json.text(after, "metadata", "labels", "kept")).as("Deployments alone keep their labels").isEqualTo("here");
        assertThat(Json.text(after, "metadata", "annotations", "deployment.kubernetes.io/revision")).isEqualTo("1");
        assertThat(after.path("spec").path("replicas").asInt()).isEqualTo(1);
        assertThat(after.path("status")).isEqualTo(yaml("replicas: 1"));
    }

    @Test
    void metadataThatMayChangeWithTheStatus() {
        String sets = "/apis/apps/v1/namespaces/default/statefulsets";
        ObjectNode set = made(sets, "{metadata: {name: s}, spec: {selector: {matchLabels: {a: b}}, " + TEMPLATE + "}}");
        set.withObject("metadata").putObject("labels").put("a", "b");
        assertThat(Json.text(put(sets + "/s/status", set), "metadata", "labels", "a")).isEqualTo("b");
        String schemas = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";
        ObjectNode schema = made(schemas, "{metadata: {name: f}, spec: {priorityLevelConfiguration: {name: global-default}}}");
        schema.withObject("metadata").remove("resourceVersion"); // flow control writes a condition meanwhile
        schema.withObject("metadata").putObject("labels").put("a", "b");
        assertThat(Json.at(put(schemas + "/f/status", schema), "metadata", "labels").isMissingNode()).as("but not of a FlowSchema").isTrue();
        set.set("status", yaml("{replicas: -1}"));
        ((ObjectNode) set.get("metadata")).remove("resourceVersion");
        DirectCall.Answer refused = api.send("PUT", sets + "/s/status", set.toString());
        assertThat(refused.code()).isEqualTo(422);
        assertThat(Json.text(refused.body(), "message")).contains("status.replicas: Invalid value: -1: must be greater than or equal to 0");
    }

    @Test
    void volumesKnowSinceWhen() {
        ObjectNode volume = made("/api/v1/persistentvolumes", "{metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /x}}}");
        assertThat(Json.text(volume, "status", "phase")).isEqualTo("Pending");
        assertThat(Json.text(volume, "status", "lastPhaseTransitionTime")).matches(TIME);
        volume.withObject("status").put("phase", "Available").put("lastPhaseTransitionTime", "2020-01-01T00:00:00Z");
        assertThat(Json.text(put("/api/v1/persistentvolumes/v/status", volume), "status", "lastPhaseTransitionTime")).as("as the client tells").isEqualTo("2020-01-01T00:00:00Z");
        ObjectNode again = (ObjectNode) api.send("GET", "/api/v1/persistentvolumes/v", null).body();
        again.withObject("status").put("phase", "Bound");
        assertThat(Json.text(put("/api/v1/persistentvolumes/v/status", again), "status", "lastPhaseTransitionTime")).matches(TIME).isNotEqualTo("2020-01-01T00:00:00Z");
    }

    @Test
    void aClaimsSourceStandsInBothFields() {
        String rest = "accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}";
        JsonNode old = made(CORE + "persistentvolumeclaims", "{metadata: {name: a}, spec: {" + rest + ", dataSource: {kind: PersistentVolumeClaim, name: x}}}").path("spec");
        assertThat(old.path("dataSourceRef")).isEqualTo(yaml("{kind: PersistentVolumeClaim, name: x}"));
        JsonNode any = made(CORE + "persistentvolumeclaims", "{metadata: {name: b}, spec: {" + rest + ", dataSourceRef: {apiGroup: example.com, kind: Populator, name: x}}}").path("spec");
        assertThat(any.path("dataSource")).isEqualTo(yaml("{apiGroup: example.com, kind: Populator, name: x}"));
        JsonNode unknown = made(CORE + "persistentvolumeclaims", "{metadata: {name: c}, spec: {" + rest + ", dataSource: {apiGroup: example.com, kind: Populator, name: x}}}").path("spec");
        assertThat(unknown.has("dataSource") || unknown.has("dataSourceRef")).as("which the old field does not know").isFalse();
    }

    @Test
    void onlyNamesOfAServiceAccountsSecrets() {
        assertThat(made(CORE + "serviceaccounts", "{metadata: {name: s}, secrets: [{kind: Secret, name: a, namespace: other, uid: u}]}").path("secrets")).isEqualTo(yaml("[{name: a}]"));
    }

    @Test
    void changesOfATemplateAreCounted() {
        ObjectNode template = made(CORE + "podtemplates", "{metadata: {name: t}, " + TEMPLATE + "}");
        assertThat(template.path("metadata").path("generation").asInt()).isEqualTo(1);
        template.withObject("template").withObject("spec").put("dnsPolicy", "Default");
        assertThat(put(CORE + "podtemplates/t", template).path("metadata").path("generation").asInt()).isEqualTo(2);
    }

    @Test
    void updatesThatNeedARevision() {
        String path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
        ObjectNode hooks = made(path, "{metadata: {name: h}}");
        hooks.withObject("metadata").remove("resourceVersion");
        DirectCall.Answer refused = api.send("PUT", path + "/h", hooks.toString());
        assertThat(refused.code()).isEqualTo(422);
        assertThat(Json.text(refused.body(), "message")).contains("metadata.resourceVersion: Invalid value: 0: must be specified for an update");
    }

    @Test
    void expressionsSeeWhatTheirPlaceHas() {
        String path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
        String rules = "matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}]}";
        made(path, "{metadata: {name: a.b}, spec: {" + rules + ", auditAnnotations: [{key: k, valueExpression: \"authorizer.group('').resource('pods').check('get').allowed() ? 'yes' : 'no'\"}]}}");
        DirectCall.Answer refused = api.send("POST", path, "{metadata: {name: c}, spec: {" + rules + ", variables: [{name: v, expression: 'true'}], "
                + "matchConditions: [{name: x, expression: variables.v}], validations: [{expression: 'true', messageExpression: object.metadata.name}], "
                + "auditAnnotations: [{key: k, valueExpression: object.metadata.name}]}}");
        assertThat(refused.code()).isEqualTo(422);
        JsonNode causes = Json.at(refused.body(), "details", "causes");
        assertThat(causes).extracting(cause -> cause.path("field").asText()).containsExactly("spec.matchConditions[0].expression", "spec.validations[0].messageExpression",
                "spec.auditAnnotations[0].valueExpression");
        assertThat(causes.get(2).path("message").asText()).contains("must evaluate to one of [null_type string]");
    }
}
