package io.skerry.apiserver.admission.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.audit.AuditLog;
import io.skerry.apiserver.audit.AuditPolicy;
import io.skerry.apiserver.audit.Auditor;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidatingPoliciesTest {
    private static final String GROUP = "/apis/admissionregistration.k8s.io/v1";
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

    @AutoClose
    final TestServer api = new TestServer();

    private DirectCall.Answer policy(String name, String spec) {
        return api.send("POST", GROUP + "/validatingadmissionpolicies", """
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: %s}
                spec:
                  matchConstraints:
                    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
                %s
                """.formatted(name, spec.indent(2)));
    }

    private void bind(String policy, String more) {
        var answer = api.send("POST", GROUP + "/validatingadmissionpolicybindings", """
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicyBinding
                metadata: {name: %s-binding}
                spec:
                  policyName: %s
                %s
                """.formatted(policy, policy, more.indent(2)));
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private static void made(DirectCall.Answer answer) {
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private DirectCall.Answer deploy(String name, int replicas) {
        return api.send("POST", DEPLOYMENTS, """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %s}
                spec:
                  replicas: %d
                  selector: {matchLabels: {app: x}}
                  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: 'registry.example.com/x:1'}]}}
                """.formatted(name, replicas));
    }

    private static String message(DirectCall.Answer answer) {
        return Json.text(answer.body(), "message");
    }

    @Test
    void aBoundPolicyRefuses() {
        made(policy("replicas", "validations: [{expression: object.spec.replicas <= 5}]"));
        assertThat(deploy("unbound", 6).code()).as("not bound yet").isEqualTo(201);
        bind("replicas", "validationActions: [Deny]");
        var refused = deploy("a", 6);
        assertThat(refused.code()).isEqualTo(422);
        assertThat(message(refused)).isEqualTo("deployments.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas-binding' denied request: "
                + "failed expression: object.spec.replicas <= 5");
        assertThat(refused.body().path("reason").asText()).isEqualTo("Invalid");
        assertThat(deploy("a", 5).code()).isEqualTo(201);
        var patched = api.patch(DEPLOYMENTS + "/a", "application/merge-patch+json", "{\"spec\":{\"replicas\":7}}");
        assertThat(message(patched)).contains("failed expression: object.spec.replicas <= 5");
        assertThat(api.send("DELETE", GROUP + "/validatingadmissionpolicies/replicas", null).code()).isEqualTo(200);
        assertThat(deploy("b", 6).code()).isEqualTo(201);
    }

    @Test
    void variablesMessagesParamsAndReasons() {
        api.send("POST", "/api/v1/namespaces/default/configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: limits}, data: {max: '3'}}");
        made(policy("limits", """
                paramKind: {apiVersion: v1, kind: ConfigMap}
                variables:
                - {name: limit, expression: 'int(params.data.max)'}
                - {name: images, expression: 'object.spec.template.spec.containers.map(c, c.image)'}
                - {name: over, expression: 'object.spec.replicas > variables.limit'}
                validations:
                - expression: '!variables.over'
                  messageExpression: '"%d replicas, at most %d; namespace %s".format([object.spec.replicas, variables.limit, namespaceObject.metadata.name])'
                  reason: Forbidden
                - {expression: "variables.images.all(i, i.startsWith('registry.example.com/'))", message: a foreign image}
                auditAnnotations: [{key: replicas, valueExpression: 'string(object.spec.replicas)'}]
                """));
        bind("limits", "paramRef: {name: limits, parameterNotFoundAction: Deny}\nvalidationActions: [Deny, Audit]");
        var refused = deploy("a", 4);
        assertThat(refused.code()).isEqualTo(403);
        assertThat(message(refused)).endsWith("denied request: 4 replicas, at most 3; namespace default");
        assertThat(deploy("a", 3).code()).isEqualTo(201);
        api.send("DELETE", "/api/v1/namespaces/default/configmaps/limits", null);
        assertThat(message(deploy("b", 1))).contains("failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction");
    }

    @Test
    void expressionsAreHeldAgainstTheTypes() {
        made(api.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: ferries.harbour.example.com}
                spec:
                  group: harbour.example.com
                  scope: Namespaced
                  names: {plural: ferries, kind: Ferry}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties: {spec: {type: object, properties: {seats: {type: integer}, port: {x-kubernetes-int-or-string: true}}}}
                """));
        var right = policy("right", """
                validations:
                - expression: object.spec.replicas > 1 && object.metadata.name.size() < 9 && object.spec.template.spec.containers.all(c, c.image != '')
                - expression: "!has(object.spec.template.spec.containers[0].resources.limits) || quantity(object.spec.template.spec.containers[0].resources.limits['cpu']).sign() > 0"
                """);
        made(right);
        assertThat(right.body().path("status").toString()).isEqualTo("{\"observedGeneration\":1,\"typeChecking\":{}}");
        var wrong = policy("wrong", """
                variables: [{name: wanted, expression: object.spec.replicas}]
                validations:
                - {expression: object.spec.replicas > 1}
                - {expression: object.spec.repliques > 1, messageExpression: "'x' + variables.wanted"}
                """);
        made(wrong);
        var warnings = wrong.body().path("status").path("typeChecking").path("expressionWarnings");
        assertThat(warnings).hasSize(2);
        assertThat(Json.text(warnings.get(0), "fieldRef")).isEqualTo("spec.validations[1].expression");
        assertThat(Json.text(warnings.get(0), "warning")).startsWith("apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'repliques'\n | object.spec.repliques > 1\n").endsWith("^\n");
        assertThat(Json.text(warnings.get(1), "fieldRef")).isEqualTo("spec.validations[1].messageExpression");
        assertThat(Json.text(warnings.get(1), "warning")).contains("found no matching overload for '_+_' applied to '(string, int)'");

        String rules = "{\"spec\":{\"matchConstraints\":{\"resourceRules\":[{\"apiGroups\":[\"harbour.example.com\",\"apps\"],\"apiVersions\":[\"v1\"],\"operations\":[\"CREATE\"],"
                + "\"resources\":[\"ferries\",\"deployments\"]}]},\"variables\":null,\"validations\":[{\"expression\":\"object.spec.seats > 1 && object.spec.port != 'x'\"}]}}";
        var patched = api.patch(GROUP + "/validatingadmissionpolicies/wrong", "application/merge-patch+json", rules).body().path("status");
        assertThat(patched.path("observedGeneration").asLong()).isEqualTo(2);
        assertThat(patched.path("typeChecking").path("expressionWarnings")).hasSize(1);
        assertThat(patched.path("typeChecking").toString()).contains("apps/v1, Kind=Deployment: ").contains("undefined field 'seats'").doesNotContain("Ferry");

        var params = policy("params", """
                paramKind: {apiVersion: v1, kind: ConfigMap}
                validations: [{expression: "params.data['max'] == params.date['max']"}]
                """);
        assertThat(params.body().path("status").path("typeChecking").toString()).contains("undefined field 'date'").doesNotContain("undefined field 'data'");
        var any = api.patch(GROUP + "/validatingadmissionpolicies/wrong", "application/merge-patch+json", rules.replace("\"harbour.example.com\",\"apps\"]", "\"*\"]"));
        assertThat(any.body().path("status").path("typeChecking").toString()).isEqualTo("{}");
    }

    @Test
    void warningsDoNotRefuse() {
        made(policy("soft", "validations: [{expression: object.spec.replicas <= 1, message: many}]"));
        bind("soft", "validationActions: [Warn, Audit]\nmatchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}");
        var made = deploy("a", 2);
        assertThat(made.code()).isEqualTo(201);
        assertThat(made.headers().get("Warning")).isEqualTo("299 - \"Validation failed for ValidatingAdmissionPolicy 'soft' with binding 'soft-binding': many\"");
    }

    @Test
    void theAuditLogIsToldEveryFailure(@TempDir Path folder) throws Exception {
        made(policy("size", "validations: [{expression: object.spec.replicas <= 5, message: many}, {expression: object.spec.replicas <= 6, message: far too many}]"));
        made(policy("even", "validations: [{expression: object.spec.replicas % 2 == 0, message: odd}]"));
        bind("size", "validationActions: [Audit]");
        bind("even", "validationActions: [Warn, Audit]");
        Path file = folder.resolve("audit.log");
        AuditPolicy all = AuditPolicy.read(Files.writeString(folder.resolve("policy.yaml"), "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"));
        try (AuditLog log = new AuditLog(file.toString(), new AuditLog.Limits(0, 0, 0), Clock.systemUTC())) {
            api.server.audit(new Auditor(all, log));
            made(deploy("a", 7));
            api.server.audit(null);
        }
        String told = Files.readAllLines(file).stream().filter(line -> line.contains("ResponseComplete") && line.contains("/deployments")).findFirst().orElseThrow();
        String failures = Json.text(Json.parse(told), "annotations", "validation.policy.admission.k8s.io/validation_failure");
        assertThat(Json.parse(failures)).containsExactlyInAnyOrder(
                Json.parse("{\"message\":\"many\",\"policy\":\"size\",\"binding\":\"size-binding\",\"expressionIndex\":0,\"validationActions\":[\"Audit\"]}"),
                Json.parse("{\"message\":\"far too many\",\"policy\":\"size\",\"binding\":\"size-binding\",\"expressionIndex\":1,\"validationActions\":[\"Audit\"]}"),
                Json.parse("{\"message\":\"odd\",\"policy\":\"even\",\"binding\":\"even-binding\",\"expressionIndex\":0,\"validationActions\":[\"Warn\",\"Audit\"]}"));
    }

    @Test
    void theAuthorizerConditionsAndFailurePolicies() {
        made(policy("privileged", """
                matchConditions: [{name: not-nodes, expression: "!('system:nodes' in request.userInfo.groups)"}]
                validations: [{expression: "authorizer.group('apps').resource('deployments').namespace('default').check('escalate').allowed() && authorizer.requestResource.check('escalate').allowed()", message: only for administrators}]
                """));
        bind("privileged", "validationActions: [Deny]");
        assertThat(deploy("a", 1).code()).isEqualTo(201);
        api.send("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", """
                {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: ann}, roleRef: {kind: ClusterRole, name: edit}, subjects: [{kind: User, name: ann}]}""");
        var asAnn = api.sendAs(new User("ann", User.AUTHENTICATED), "POST", DEPLOYMENTS, """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: b}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}""");
        assertThat(message(asAnn)).endsWith("denied request: only for administrators");
        made(policy("broken", "validations: [{expression: object.spec.nothing == 1}]"));
        bind("broken", "validationActions: [Deny]");
        assertThat(message(deploy("c", 1))).contains("expression 'object.spec.nothing == 1' resulted in error: no such key: nothing");
        api.patch(GROUP + "/validatingadmissionpolicies/broken", "application/merge-patch+json", "{\"spec\":{\"failurePolicy\":\"Ignore\"}}");
        assertThat(deploy("c", 1).code()).isEqualTo(201);
    }

    /** A node may list the pods that are its own. */
    @Test
    void theAuthorizerIsAskedWithTheFieldSelector() {
        made(policy("nodes", """
                validations: [{expression: "authorizer.group('').resource('pods').fieldSelector('spec.nodeName=n1').check('list').allowed()", message: its own}, \
                {expression: "!authorizer.group('').resource('pods').check('list').allowed()", message: all}, \
                {expression: "!authorizer.group('').resource('pods').fieldSelector('spec.nodeName=n2').check('list').allowed()", message: another's}, \
                {expression: "!authorizer.group('').resource('pods').fieldSelector('spec.nodeName').labelSelector('a=b').check('list').allowed()", message: none}]
                """));
        bind("nodes", "validationActions: [Deny]");
        api.send("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", """
                {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: nodes}, roleRef: {kind: ClusterRole, name: edit}, subjects: [{kind: Group, name: "system:nodes"}]}""");
        String deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: b}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}";
        var own = api.sendAs(new User("system:node:n1", "system:nodes", User.AUTHENTICATED), "POST", DEPLOYMENTS, deployment);
        assertThat(own.code()).as(own.body().toString()).isEqualTo(201);
        assertThat(message(api.sendAs(new User("system:node:n3", "system:nodes", User.AUTHENTICATED), "POST", DEPLOYMENTS, deployment))).contains("denied request: its own");
    }

    @Test
    void webhookConfigurationsAreUpToPoliciesAndPoliciesAreNot() {
        made(api.send("POST", GROUP + "/validatingadmissionpolicies", """
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: frozen}
                spec:
                  matchConstraints:
                    resourceRules: [{apiGroups: [admissionregistration.k8s.io], apiVersions: ['*'], operations: ['*'], resources: ['*/*']}]
                  validations: [{expression: 'false', message: frozen}]
                """));
        bind("frozen", "validationActions: [Deny]");
        for (String kind : List.of("Validating", "Mutating")) {
            var refused = api.send("POST", GROUP + "/" + kind.toLowerCase(Locale.ROOT) + "webhookconfigurations",
                    "{apiVersion: admissionregistration.k8s.io/v1, kind: " + kind + "WebhookConfiguration, metadata: {name: w}}");
            assertThat(message(refused)).as(kind).endsWith("denied request: frozen");
        }
        made(policy("more", "validations: [{expression: 'true'}]"));
        bind("more", "validationActions: [Deny]");
        assertThat(api.send("DELETE", GROUP + "/validatingadmissionpolicybindings/frozen-binding", null).code()).isEqualTo(200);
        assertThat(api.send("DELETE", GROUP + "/validatingadmissionpolicies/frozen", null).code()).isEqualTo(200);
    }

    @Test
    void policiesThatCannotWorkAreRefused() {
        var bad = policy("bad", "validations: [{expression: request.nothing == 1}, {expression: 1 + 1}, {expression: params.x == 1}]");
        assertThat(bad.code()).isEqualTo(422);
        assertThat(message(bad)).contains("spec.validations[0].expression: Invalid value: \"request.nothing == 1\": compilation failed: ERROR: <input>:1:8: undefined field 'nothing'")
                .contains("spec.validations[1].expression: Invalid value: \"1 + 1\": must evaluate to a bool").contains("undeclared reference to 'params'");
        var named = policy("bad", "variables: [{name: '', expression: '1'}, {name: 'a b', expression: '1'}, {name: c.d, expression: object.nothing}]\n"
                + "validations: [{expression: '', messageExpression: object.nothing}, {expression: object.nothing}]");
        assertThat(named.code()).as(named.body().toString()).isEqualTo(422);
        assertThat(message(named)).contains("spec.variables[1].name: Invalid value: \"a b\": name is not a valid CEL identifier");
        var twice = policy("twice", "variables: [{name: a, expression: '1'}, {name: a, expression: '2'}]\nvalidations: [{expression: variables.a > 0}]");
        assertThat(twice.code()).as(twice.body().toString()).isLessThan(500);
    }
}
