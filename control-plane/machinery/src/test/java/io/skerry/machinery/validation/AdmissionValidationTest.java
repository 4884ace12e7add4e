package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Webhook configurations, admission policies and their bindings. */
class AdmissionValidationTest {

    private static final String GROUP = ".admissionregistration.k8s.io";
    private static final String RULE = "{operations: [CREATE], apiGroups: [a], apiVersions: [v1], resources: [pods]}";

    private static List<String> webhook(String more) {
        return ValidationTest.errors("mutatingwebhookconfigurations" + GROUP, "webhooks: [{" + more
                + (more.startsWith("name:") ? "" : ", name: w.example.com")
                + (more.contains("sideEffects:") ? "" : ", sideEffects: None") + (more.contains("clientConfig:") ? "" : ", clientConfig: {url: 'https://example.com/hook'}")
                + (more.contains("admissionReviewVersions:") ? "" : ", admissionReviewVersions: [v1]") + "}]");
    }

    private static List<String> rule(String change) {
        String rule = RULE;
        for (String part : change.split(";")) {
            String field = part.substring(0, part.indexOf(':'));
            rule = rule.contains(field + ":") ? rule.replaceFirst(field + ": \\[[^\\]]*\\]", part) : rule.replace("}", ", " + part + "}");
        }
        return webhook("rules: [" + rule + "]");
    }

    @Test
    void aWebhookThatSaysAll() {
        assertThat(webhook("rules: [" + RULE + "], failurePolicy: Ignore, matchPolicy: Exact, reinvocationPolicy: IfNeeded, timeoutSeconds: 30, sideEffects: NoneOnDryRun, "
                + "admissionReviewVersions: [v2, v1beta1], clientConfig: {service: {namespace: n, name: s, path: /a/b.c/, port: 8443}}, "
                + "matchConditions: [{name: example.com/x, expression: 'true'}], objectSelector: {matchExpressions: [{key: a, operator: Exists}]}")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "operations: []|webhooks[0].rules[0].operations: Required value",
        "operations: ['*', CREATE]|webhooks[0].rules[0].operations: Invalid value: [\"*\",\"CREATE\"]: if '*' is present, must not specify other operations",
        "operations: [PATCH]|webhooks[0].rules[0].operations[0]: Unsupported value: \"PATCH\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\"",
        "apiGroups: []|webhooks[0].rules[0].apiGroups: Required value",
        "apiGroups: [a, '*']|webhooks[0].rules[0].apiGroups: Invalid value: [\"a\",\"*\"]: if '*' is present, must not specify other API groups",
        "apiVersions: ['*', v1]|webhooks[0].rules[0].apiVersions: Invalid value: [\"*\",\"v1\"]: if '*' is present, must not specify other API versions",
        "apiVersions: ['']|webhooks[0].rules[0].apiVersions[0]: Required value",
        "resources: []|webhooks[0].rules[0].resources: Required value",
        "resources: [pods, '']|webhooks[0].rules[0].resources[1]: Required value",
        "resources: ['*', pods]|webhooks[0].rules[0].resources: Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other resources without subresources",
        "resources: ['*/*', pods]|webhooks[0].rules[0].resources: Invalid value: [\"*/*\",\"pods\"]: if '*/*' is present, must not specify other resources",
        "resources: ['pods/*', pods/log]|webhooks[0].rules[0].resources[1]: Invalid value: \"pods/log\": if 'pods/*' is present, must not specify pods/log",
        "resources: ['*/scale', deployments/scale]|webhooks[0].rules[0].resources[1]: Invalid value: \"deployments/scale\": if '*/scale' is present, must not specify deployments/scale",
        "scope: Here|webhooks[0].rules[0].scope: Unsupported value: \"Here\": supported values: \"*\", \"Cluster\", \"Namespaced\""})
    void rulesOfWebhooks(String change, String expected) {
        assertThat(rule(change)).containsExactly(expected);
    }

    @Test
    void wildcardsBesideSubresourcesAreFine() {
        assertThat(rule("resources: ['*', pods/log]")).isEmpty();
        assertThat(rule("resources: [pods, '*']")).as("as upstream, where the last one decides").isEmpty();
        assertThat(rule("apiGroups: ['']")).as("the core group").isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "name: ''|webhooks[0].name: Required value",
        "name: a.b|webhooks[0].name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots",
        "sideEffects: Some|webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\"",
        "sideEffects: null|webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
        "timeoutSeconds: 0|webhooks[0].timeoutSeconds: Invalid value: 0: the timeout value must be between 1 and 30 seconds",
        "failurePolicy: Try|webhooks[0].failurePolicy: Unsupported value: \"Try\": supported values: \"Fail\", \"Ignore\"",
        "matchPolicy: Near|webhooks[0].matchPolicy: Unsupported value: \"Near\": supported values: \"Equivalent\", \"Exact\"",
        "reinvocationPolicy: Ever|webhooks[0].reinvocationPolicy: Unsupported value: \"Ever\": supported values: \"IfNeeded\", \"Never\"",
        "objectSelector: {matchExpressions: [{key: a, operator: In}]}|webhooks[0].objectSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        "admissionReviewVersions: []|webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
        "admissionReviewVersions: [v1, v1]|webhooks[0].admissionReviewVersions[1]: Invalid value: \"v1\": duplicate version",
        "admissionReviewVersions: [v2]|webhooks[0].admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, v1beta1",
        "clientConfig: {}|webhooks[0].clientConfig: Required value: exactly one of url or service is required",
        "clientConfig: {url: 'https://a.b', service: {namespace: n, name: s}}|webhooks[0].clientConfig: Required value: exactly one of url or service is required",
        "clientConfig: {url: ''}|webhooks[0].clientConfig.url: Invalid value: \"\": 'https' is the only allowed URL scheme; desired format: https://host[/path];webhooks[0].clientConfig.url: "
            + "Invalid value: \"\": host must be specified; desired format: https://host[/path]",
        "clientConfig: {url: 'http://a.b'}|webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]",
        "clientConfig: {url: 'https:///x'}|webhooks[0].clientConfig.url: Invalid value: \"\": host must be specified; desired format: https://host[/path]",
        "clientConfig: {url: 'https://me:pw@a.b/'}|webhooks[0].clientConfig.url: Invalid value: \"me:pw\": user information is not permitted in the URL",
        "clientConfig: {url: 'https://a.b/#x'}|webhooks[0].clientConfig.url: Invalid value: \"x\": fragments are not permitted in the URL",
        "clientConfig: {url: 'https://a.b/?x=1'}|webhooks[0].clientConfig.url: Invalid value: \"x=1\": query parameters are not permitted in the URL",
        "clientConfig: {service: {name: s}}|webhooks[0].clientConfig.service.namespace: Required value",
        "clientConfig: {service: {namespace: n}}|webhooks[0].clientConfig.service.name: Required value",
        "clientConfig: {service: {namespace: n, name: s, port: 65536}}|webhooks[0].clientConfig.service.port: Invalid value: 65536: port is not valid: must be between 1 and 65535, inclusive",
        "clientConfig: {service: {namespace: n, name: s, path: //}}|webhooks[0].clientConfig.service.path: Invalid value: \"//\": segment[0] may not be empty",
        "clientConfig: {service: {namespace: n, name: s, path: /a//b}}|webhooks[0].clientConfig.service.path: Invalid value: \"/a//b\": segment[1] may not be empty",
        "matchConditions: [{name: x, expression: ' '}]|webhooks[0].matchConditions[0].expression: Required value",
        "matchConditions: [{expression: 'true'}]|webhooks[0].matchConditions[0].name: Required value",
        "matchConditions: [{name: x, expression: 'true'}, {name: x, expression: 'true'}]|webhooks[0].matchConditions[1].name: Duplicate value: \"x\""})
    void webhooksThatCannotBe(String more, String expected) {
        assertThat(webhook(more)).containsExactly(expected.replace("path];web", "path]\nweb").split("\n"));
    }

    @Test
    void namesAndConditionsAreCounted() {
        String one = "{name: a.b.c, sideEffects: None, clientConfig: {url: 'https://a.b'}, admissionReviewVersions: [v1]}";
        assertThat(ValidationTest.errors("validatingwebhookconfigurations" + GROUP, "webhooks: [" + one + ", " + one + "]")).containsExactly("webhooks[1].name: Duplicate value: \"a.b.c\"");
        String many = String.join(", ", IntStream.range(0, 65).mapToObj(i -> "{name: c" + i + ", expression: 'true'}").toList());
        assertThat(webhook("matchConditions: [" + many + "]")).containsExactly("webhooks[0].matchConditions: Too many: 65: must have at most 64 items");
    }

    private static final String POLICY = "matchConstraints: {resourceRules: [" + RULE + "]}, validations: [{expression: 'true'}]";

    static Stream<Arguments> policies() {
        return Stream.of(
            Arguments.of(POLICY, ""),
            Arguments.of("validations: [{expression: 'true'}]", "spec.matchConstraints: Required value"),
            Arguments.of("matchConstraints: {}, validations: [{expression: 'true'}]", "spec.matchConstraints.resourceRules: Required value"),
            Arguments.of("matchConstraints: {resourceRules: [" + RULE + "]}", "spec.validations: Required value: validations or auditAnnotations must contain at least one item\n"
                + "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item"),
            Arguments.of(POLICY + ", failurePolicy: X", "spec.failurePolicy: Unsupported value: \"X\": supported values: \"Fail\", \"Ignore\""),
            Arguments.of(POLICY.replace("resources: [pods]", "resources: [pods], resourceNames: [a, a/b, a]"),
                "spec.matchConstraints.resourceRules[0].resourceNames[1]: Invalid value: \"a/b\": may not contain '/'\nspec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: \"a\""),
            Arguments.of(POLICY + ", paramKind: {apiVersion: a/b/c}", "spec.paramKind.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c\nspec.paramKind.kind: Required value"),
            Arguments.of(POLICY + ", paramKind: {apiVersion: a.b/, kind: Fits}", "spec.paramKind.apiVersion: Invalid value: \"a.b/\": version must be specified"),
            Arguments.of(POLICY + ", variables: [{name: in, expression: '1'}, {expression: ' '}]", "spec.variables[0].name: Invalid value: \"in\": name is not a valid CEL identifier\n"
                + "spec.variables[1].name: Required value: name is not specified\nspec.variables[1].expression: Required value: expression is not specified"),
            Arguments.of(POLICY.replace("'true'}", "'', message: ' ', messageExpression: ' ', reason: Unauthorized}"), "spec.validations[0].expression: Required value: expression is not specified\n"
                + "spec.validations[0].messageExpression: Invalid value: \" \": must be non-empty if specified\nspec.validations[0].message: Invalid value: \" \": message must be non-empty if specified\n"
                + "spec.validations[0].reason: Unsupported value: \"Unauthorized\": supported values: \"Forbidden\", \"Invalid\", \"RequestEntityTooLarge\""),
            Arguments.of(POLICY.replace("'true'}", "'true', message: \"two\\nlines\"}"), "spec.validations[0].message: Invalid value: \"two\\nlines\": message must not contain line breaks"),
            Arguments.of(POLICY + ", auditAnnotations: [{key: a, valueExpression: \"'x'\"}, {key: a}]",
                "spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified\nspec.auditAnnotations[1].key: Duplicate value: \"a\""));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void policiesAreHeldToTheirForm(String spec, String expected) {
        assertThat(ValidationTest.errors("validatingadmissionpolicies" + GROUP, "spec: {" + spec + "}")).isEqualTo(expected.isEmpty() ? List.of() : List.of(expected.split("\n")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "policyName: p, validationActions: [Deny, Audit]|-",
        "policyName: p, validationActions: [Warn], paramRef: {selector: {}, parameterNotFoundAction: Allow}, matchResources: {excludeResourceRules: []}|-",
        "validationActions: [Deny]|spec.policyName: Required value",
        "policyName: p|spec.validationActions: Required value: at least one validation action is required",
        "policyName: p, validationActions: [Audit, Audit]|spec.validationActions[1]: Duplicate value: \"Audit\"",
        "policyName: p, validationActions: [Refuse]|spec.validationActions[0]: Unsupported value: \"Refuse\": supported values: \"Audit\", \"Deny\", \"Warn\"",
        "policyName: p, validationActions: [Warn, Deny]|spec.validationActions: Invalid value: [\"Warn\",\"Deny\"]: must not contain both Deny and Warn (repeating the same validation failure "
            + "information in the API response and headers serves no purpose)",
        "policyName: p, validationActions: [Deny], paramRef: {parameterNotFoundAction: Deny}|spec.paramRef: Required value: one of name or selector must be specified",
        "policyName: p, validationActions: [Deny], paramRef: {name: a}|spec.paramRef.parameterNotFoundAction: Required value",
        "policyName: p, validationActions: [Deny], paramRef: {name: a/b, parameterNotFoundAction: Deny}|spec.paramRef.name: Invalid value: \"a/b\": may not contain '/'",
        "policyName: p, validationActions: [Deny], matchResources: {matchPolicy: X}|spec.matchResources.matchPolicy: Unsupported value: \"X\": supported values: \"Equivalent\", \"Exact\""})
    void bindings(String spec, String expected) {
        assertThat(ValidationTest.errors("validatingadmissionpolicybindings" + GROUP, "spec: {" + spec + "}")).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void aBindingNamesItsParamsOneWay() {
        assertThat(ValidationTest.errors("validatingadmissionpolicybindings" + GROUP, "spec: {policyName: p, validationActions: [Deny], paramRef: {name: a, selector: {}, parameterNotFoundAction: X}}"))
                .containsExactly("spec.paramRef.name: Forbidden: name and selector are mutually exclusive", "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
                        "spec.paramRef.parameterNotFoundAction: Unsupported value: \"X\": supported values: \"Deny\", \"Allow\"");
    }
}
