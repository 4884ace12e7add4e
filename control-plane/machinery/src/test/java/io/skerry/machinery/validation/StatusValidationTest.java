package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusValidationTest {

    static List<String> errors(String id, String before, String after, String subresource) {
        String[] parts = id.split("\\.", 2);
        ResourceType type = TypeTable.builtin().all().stream().filter(t -> t.plural().equals(parts[0]) && t.group().equals(parts.length > 1 ? parts[1] : "")).findFirst().orElseThrow();
        return Validation.validate(type, object(type, after), before == null ? null : object(type, before), subresource).stream().map(FieldError::toString).toList();
    }

    private static ObjectNode object(ResourceType type, String yaml) {
        ObjectNode object = (ObjectNode) Yaml.parseAll(yaml, "test").getFirst().root();
        ObjectNode metadata = Json.ensureObject(object, "metadata").put("name", "x");
        if (type.namespaced()) {
            metadata.put("namespace", "ns");
        }
        return object;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "deployments.apps|{replicas: 3, updatedReplicas: 3, readyReplicas: 2, availableReplicas: 2, unavailableReplicas: 1, observedGeneration: 1, collisionCount: 2}|-",
        "deployments.apps|{unavailableReplicas: -1, collisionCount: 1}|status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0",
        "deployments.apps|{replicas: 1, updatedReplicas: 2, collisionCount: 1}|status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "deployments.apps|{replicas: 2, availableReplicas: 1, collisionCount: 1}|status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
        "deployments.apps|{collisionCount: 0}|status.collisionCount: Invalid value: 0: cannot be decremented",
        "replicasets.apps|{replicas: 1, fullyLabeledReplicas: 2}|status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "replicationcontrollers|{replicas: 1, readyReplicas: 2}|status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "statefulsets.apps|{replicas: 2, currentReplicas: 3}|status.currentReplicas: Invalid value: 3: cannot be greater than status.replicas",
        "statefulsets.apps|{replicas: 2, availableReplicas: 2, readyReplicas: 1}|status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas",
        "daemonsets.apps|{numberMisscheduled: -1}|status.numberMisscheduled: Invalid value: -1: must be greater than or equal to 0",
        "horizontalpodautoscalers.autoscaling|{desiredReplicas: -1}|status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0",
        "poddisruptionbudgets.policy|{disruptionsAllowed: -1}|status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0",
        "poddisruptionbudgets.policy|{conditions: [{type: A, status: 'True', reason: B, lastTransitionTime: '2026-01-01T00:00:00Z'}]}|-",
        "poddisruptionbudgets.policy|{conditions: [{type: A, status: 'yes', reason: B, lastTransitionTime: '2026-01-01T00:00:00Z'}]}|status.conditions[0].status: Unsupported value: \"yes\": "
            + "supported values: \"False\", \"True\", \"Unknown\"",
        "flowschemas.flowcontrol.apiserver.k8s.io|{conditions: [{type: A}, {type: A}]}|status.conditions[1].type: Duplicate value: \"A\"",
        "apiservices.apiregistration.k8s.io|{conditions: [{type: A, status: maybe}]}|status.conditions[0].status: Unsupported value: \"maybe\": supported values: \"True\", \"False\", \"Unknown\"",
        "namespaces|{phase: Terminating}|status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
        "resourcequotas|{used: {pods: 1500m}}|status.used[pods]: Invalid value: \"1500m\": must be an integer",
        "ingresses.networking.k8s.io|{loadBalancer: {ingress: [{ip: 1.2.3}]}}|status.loadBalancer.ingress[0].ip: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        "ingresses.networking.k8s.io|{loadBalancer: {ingress: [{hostname: 1.2.3.4}]}}|status.loadBalancer.ingress[0].hostname: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address",
        "services|{loadBalancer: {ingress: [{ip: 1.2.3.4}]}}|status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"})
    void statusesAreHeldToWhatTheyCount(String type, String status, String expected) {
        String before = type.equals("deployments.apps") ? "status: {collisionCount: 1}" : "{}";
        assertThat(errors(type, before, "status: " + status, "status")).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void whatIsWrongInTheSpecIsNoMatterOfTheStatus() {
        assertThat(errors("deployments.apps", "spec: {}", "{spec: {}, status: {replicas: 1}}", "status")).isEmpty();
    }

    @Test
    void aConditionSaysWhatAndSince() {
        assertThat(errors("poddisruptionbudgets.policy", "{}", "status: {conditions: [{}]}", "status")).startsWith("status.conditions[0].type: Invalid value: \"\": name part must be non-empty")
                .endsWith("status.conditions[0].status: Unsupported value: \"\": supported values: \"False\", \"True\", \"Unknown\"", "status.conditions[0].lastTransitionTime: Required value", "status.conditions[0].reason: Required value");
    }

    @Test
    void aConditionIsThereOnce() {
        String condition = "{type: A, status: 'True', reason: B, lastTransitionTime: '2026-01-01T00:00:00Z'}";
        assertThat(errors("poddisruptionbudgets.policy", "{}", "status: {conditions: [" + condition + ", " + condition + "]}", "status"))
                .containsExactly("status.conditions[1].type: Duplicate value: \"A\"");
    }

    @Test
    void whatIsLeftOfANamespacesFinalizersAreFinalizers() {
        assertThat(errors("namespaces", "{}", "spec: {finalizers: [kubernetes, example.com/mine]}", "finalize")).isEmpty();
        assertThat(errors("namespaces", "{}", "spec: {finalizers: [kubernetes, mine]}", "finalize"))
                .containsExactly("spec.finalizers[1]: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "{capacity: {storage: 1Gi}, allocatedResources: {storage: 2Gi}, allocatedResourceStatuses: {storage: NodeResizePending}}|-",
        "{capacity: {storage: -1}}|status.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
        "{allocatedResources: {cpu: 1}}|status.allocatedResources: Unsupported value: \"cpu\": supported values: \"storage\"",
        "{allocatedResourceStatuses: {storage: Soon}}|status.allocatedResourceStatus: Unsupported value: \"storage\": supported values: \"ControllerResizeInProgress\", "
            + "\"ControllerResizeInfeasible\", \"NodeResizeInProgress\", \"NodeResizeInfeasible\", \"NodeResizePending\""})
    void whatAClaimGot(String status, String expected) {
        String spec = "spec: {accessModes: [ReadWriteOnce]}";
        assertThat(errors("persistentvolumeclaims", "{" + spec + "}", "{" + spec + ", status: " + status + "}", "status")).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void anAddressOfALoadBalancer() {
        assertThat(errors("services", "{}", "{spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: [{ip: 1.2.3.4, ipMode: VIP}, {hostname: a.b, ipMode: Proxy}]}}}", "status"))
                .containsExactly("status.loadBalancer.ingress[1].ipMode: Forbidden: may not be specified when `ip` is not set");
    }

    @Test
    void certificatesAreDecidedOnce() {
        String id = "certificatesigningrequests.certificates.k8s.io";
        String approved = "status: {conditions: [{type: Approved, status: 'True'}]}";
        assertThat(errors(id, "{}", approved, "approval")).isEmpty();
        assertThat(errors(id, approved, "status: {conditions: [{type: Approved, status: 'True'}, {type: Denied, status: 'True'}]}", "approval"))
                .containsExactly("status.conditions[1].type: Invalid value: \"Denied\": Approved and Denied conditions are mutually exclusive");
        assertThat(errors(id, approved, "status: {}", "approval")).containsExactly("status.conditions: Forbidden: updates may not remove a condition of type \"Approved\"");
        assertThat(errors(id, "{}", approved.replace("'True'", "'False'"), "approval"))
                .containsExactly("status.conditions[0].status: Unsupported value: \"False\": supported values: \"True\"");
    }

    /** Who signs does not decide. */
    @Test
    void aStatusTakesNoDecision() {
        String id = "certificatesigningrequests.certificates.k8s.io";
        String approved = "status: {conditions: [{type: Approved, status: 'True'}]}";
        assertThat(errors(id, "{}", approved, "status")).containsExactly("status.conditions: Forbidden: updates may not add a condition of type \"Approved\"");
        assertThat(errors(id, approved, approved.replace("}]", ", reason: Mine}]"), "status"))
                .containsExactly("status.conditions: Forbidden: updates may not modify a condition of type \"Approved\"");
        assertThat(errors(id, approved, "{}", "status")).containsExactly("status.conditions: Forbidden: updates may not remove a condition of type \"Approved\"");
        assertThat(errors(id, approved, approved.replace("}]", "}, {type: Failed, status: 'True'}]"), "status")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "none|must contain at least one CERTIFICATE PEM block",
        "-----BEGIN KEY-----~AAAA~-----END KEY-----~|only CERTIFICATE PEM blocks are allowed, found \"KEY\"",
        "-----BEGIN CERTIFICATE-----~Proc-Type: 4~~AAAA~-----END CERTIFICATE-----~|no PEM block headers are permitted"})
    void aCertificateIsOne(String pem, String problem) {
        String id = "certificatesigningrequests.certificates.k8s.io";
        String status = "status: {certificate: " + Base64.getEncoder().encodeToString(pem.replace('~', '\n').getBytes(StandardCharsets.UTF_8)) + "}";
        assertThat(errors(id, "{}", status, "status")).containsExactly("status.certificate: Invalid value: \"<certificate data>\": " + problem);
        assertThat(errors(id, status, status, "status")).isEmpty();
        assertThat(errors(id, status, "status: {certificate: Zm9v}", "status")).containsExactly("status.certificate: Forbidden: updates may not modify existing certificate content");
    }

    @Test
    void aNamespaceBeingDeletedIsTerminating() {
        String deleted = "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}";
        assertThat(errors("namespaces", deleted, deleted + "\nstatus: {phase: Terminating}", "status")).isEmpty();
        assertThat(errors("namespaces", deleted, deleted + "\nstatus: {phase: Active}", "status"))
                .containsExactly("status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty");
    }
}
