package io.skerry.machinery.validation;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each line is an object and all that is to be said against it; {@code -} for nothing. */
class FlowControlValidationTest {

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            subjects: [{kind: User, user: {name: a}}], resourceRules: [{verbs: [get], apiGroups: [''], resources: [pods], namespaces: [default]}] => -
            subjects: [{kind: Group, group: {name: a}}], resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true}] => -
            subjects: [{kind: ServiceAccount, serviceAccount: {name: '*', namespace: n1}}], nonResourceRules: [{verbs: [get], nonResourceURLs: [/healthz, /api/*]}] => -
            nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}] => spec.rules[0].subjects: Required value: subjects must contain at least one value
            subjects: [{kind: User, user: {name: a}}] => spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty
            subjects: [{kind: Robot}], nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}] => spec.rules[0].subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"
            subjects: [{kind: User, group: {name: a}}], nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}] => spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User' | spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'
            subjects: [{kind: ServiceAccount, serviceAccount: {name: a}}], nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}] => spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account
            subjects: [{kind: User, user: {name: a}}], nonResourceRules: [{verbs: ['*', get], nonResourceURLs: [x, /a b, //, /a*b]}] => spec.rules[0].nonResourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs | spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash | spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space | spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "//": must not contain double slash | spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a*b": wildcard can only do suffix matching
            subjects: [{kind: User, user: {name: a}}], resourceRules: [{verbs: [fly], apiGroups: [a, '*'], resources: [], namespaces: []}] => spec.rules[0].resourceRules[0].verbs: Unsupported value: ["fly"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch" | spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["a","*"]: if '*' is present, must not specify other api groups | spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource | spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace
            """)
    void rules(String rule, String expected) {
        DetailedValidationTest.assertErrors("flowschemas.flowcontrol.apiserver.k8s.io", "spec: {priorityLevelConfiguration: {name: p}, rules: [{" + rule + "}]}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            x => {matchingPrecedence: 10001, priorityLevelConfiguration: {name: p}} => spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000
            x => {matchingPrecedence: -1, priorityLevelConfiguration: {name: p}} => spec.matchingPrecedence: Invalid value: -1: must be a positive value
            x => {matchingPrecedence: 1, priorityLevelConfiguration: {name: p}} => spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1
            x => {distinguisherMethod: {type: ByColour}} => spec.distinguisherMethod.type: Unsupported value: "ByColour": supported values: "ByNamespace", "ByUser" | spec.priorityLevelConfiguration.name: Required value: must reference a priority level
            exempt => {matchingPrecedence: 1, priorityLevelConfiguration: {name: exempt}, rules: [{subjects: [{kind: Group, group: {name: 'system:masters'}}], resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true}], nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}]}]} => -
            catch-all => {priorityLevelConfiguration: {name: p}} => spec: Invalid value: {"priorityLevelConfiguration":{"name":"p"},"matchingPrecedence":1000}: spec of 'catch-all' must equal the fixed value
            """)
    void flowSchemas(String name, String spec, String expected) {
        DetailedValidationTest.assertErrors("flowschemas.flowcontrol.apiserver.k8s.io", "{metadata: {name: " + name + "}, spec: " + spec + "}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            x => {type: Limited, limited: {limitResponse: {type: Queue, queuing: {}}}} => -
            x => {type: Limited, limited: {nominalConcurrencyShares: 0, limitResponse: {type: Reject}}} => -
            x => {type: Exempt} => spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'
            x => {type: Limited} => spec.limited: Required value: must not be empty when type is Limited
            x => {type: Odd} => spec.type: Unsupported value: "Odd": supported values: "Exempt", "Limited"
            x => {type: Limited, exempt: {}, limited: {nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1, limitResponse: {type: Reject, queuing: {}}}} => spec.exempt: Forbidden: must be nil if the type is Limited | spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer | spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive | spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer | spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited
            x => {type: Limited, limited: {limitResponse: {type: Queue}}} => spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited
            x => {type: Limited, limited: {limitResponse: {type: Queue, queuing: {queues: 4, handSize: 5}}}} => spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)
            x => {type: Limited, limited: {limitResponse: {type: Queue, queuing: {queues: 512, handSize: 7}}}} => spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 512 and handSize 7 should not be greater than 60
            x => {type: Limited, limited: {limitResponse: {type: Queue, queuing: {queues: -1, queueLengthLimit: -1}}}} => spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive | spec.limited.limitResponse.queuing.queues: Invalid value: -1: must be positive | spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (-1)
            exempt => {type: Exempt, exempt: {nominalConcurrencyShares: 5, lendablePercent: 50}} => -
            exempt => {type: Exempt, limited: {limitResponse: {type: Reject}}} => spec.limited: Forbidden: must be nil if the type is not Limited | spec: Invalid value: {"type":"Exempt","limited":{"limitResponse":{"type":"Reject"},"nominalConcurrencyShares":30,"lendablePercent":0}}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value
            """)
    void priorityLevels(String name, String spec, String expected) {
        DetailedValidationTest.assertErrors("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", "{metadata: {name: " + name + "}, spec: " + spec + "}", expected);
    }
}
