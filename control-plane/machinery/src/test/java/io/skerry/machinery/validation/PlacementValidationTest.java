package io.skerry.machinery.validation;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementValidationTest {

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            topologyKey: z, labelSelector: {}, matchLabelKeys: [app], mismatchLabelKeys: [tenant] => -
            topologyKey: z, matchLabelKeys: [app] => T.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set
            topologyKey: z, labelSelector: {}, mismatchLabelKeys: [a b] => T.mismatchLabelKeys[0]: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            topologyKey: z, labelSelector: {matchLabels: {app: a}, matchExpressions: [{key: app, operator: In, values: [a]}]}, matchLabelKeys: [app] => T[0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector
            topologyKey: z, labelSelector: {}, matchLabelKeys: [app], mismatchLabelKeys: [app] => T.matchLabelKeys[0]: Invalid value: "app": exists in both matchLabelKeys and mismatchLabelKeys
            topologyKey: z, namespaces: [a.b] => T.namespace: Invalid value: "a.b": must not contain dots
            topologyKey: z, namespaceSelector: {matchExpressions: [{key: a, operator: Has}]} => T.namespaceSelector.matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator
            """)
    void affinityToPods(String term, String expected) {
        String path = "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]";
        DetailedValidationTest.assertErrors("pods", "spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{" + term + "}]}}, C}", expected.replace("T.", path + ".")
                .replace("T[", path + "["));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, labelSelector: {}, matchLabelKeys: [app]}] => -
            [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [app]}] => T[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set
            [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: a}}, matchLabelKeys: [app]}] => T[0].matchLabelKeys[0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector
            [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: Never}] => T[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"
            [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: z, whenUnsatisfiable: DoNotSchedule}] => T[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}"
            """)
    void spread(String constraints, String expected) {
        DetailedValidationTest.assertErrors("pods", "spec: {topologySpreadConstraints: " + constraints + ", C}", expected.replace("T[", "spec.topologySpreadConstraints["));
    }

    /** Of a pod that waits at a gate. */
    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            nodeSelector: {a: b} => nodeSelector: {a: b, c: d} => -
            nodeSelector: {a: b} => nodeSelector: {a: c} => spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)
            E[{key: a, operator: Exists}]} => E[{key: a, operator: Exists}, {key: b, operator: Exists}]} => -
            E[{key: a, operator: Exists}]} => E[{key: b, operator: Exists}]} => P[0]: Invalid value: {"matchExpressions":[{"key":"b","operator":"Exists"}]}: only additions are allowed (no mutations or deletions)
            E[{key: a, operator: Exists}]} => nodeSelector: {a: b} => P: Invalid value: null: no additions/deletions to non-empty NodeSelectorTerms list are allowed
            nodeSelector: {a: b} => nodeSelector: {a: b}, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}} => -
            """)
    void mayBeNarrowedOnly(String before, String after, String expected) {
        DetailedValidationTest.assertUpdateErrors("pods", gated(before), gated(after),
                expected.replaceFirst("^P", "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"));
    }

    private static String gated(String spec) {
        String expressions = "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: ";
        return "spec: {schedulingGates: [{name: g}], " + (spec.startsWith("E") ? expressions + spec.substring(1) + "]}}}" : spec) + ", C}";
    }
}
