package io.skerry.machinery.validation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Events in namespace ns. Each line is an event and all that is to be said against it; {@code -} for nothing. */
class EventValidationTest {

    private static final String REPORTED = "eventTime: '2026-01-01T00:00:00.000000Z', reportingInstance: i, action: a, reason: r";

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            involvedObject: {kind: Pod, name: p, namespace: ns} => -
            involvedObject: {kind: Pod, name: p, namespace: other} => involvedObject.namespace: Invalid value: "other": does not match event.namespace
            involvedObject: {kind: Node, name: n1} => involvedObject.namespace: Invalid value: "": does not match event.namespace
            involvedObject: {kind: Node, name: n1}, metadata: {namespace: default} => -
            involvedObject: {kind: Node, name: n1}, metadata: {namespace: kube-system} => involvedObject.namespace: Invalid value: "": does not match event.namespace
            involvedObject: {kind: Node, name: n1}, metadata: {namespace: kube-system}, reportingComponent: c, REPORTED => -
            involvedObject: {namespace: other}, reportingComponent: c, REPORTED => -
            involvedObject: {namespace: ns}, metadata: {name: Pod.1_2} => -
            involvedObject: {namespace: ns}, eventTime: '2026-01-01T00:00:00.000000Z', reportingComponent: c => reportingInstance: Required value | action: Required value | reason: Required value
            """)
    void core(String event, String expected) {
        DetailedValidationTest.assertErrors("events", "{" + event.replace("REPORTED", REPORTED) + "}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            type: Normal, reportingController: c, REPORTED => -
            type: Normal, reportingController: c, REPORTED, series: {count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z'} => -
            type: Odd, reportingController: c, REPORTED, deprecatedCount: 1, deprecatedSource: {component: c} => type: Invalid value: "": has invalid value: Odd | count: Invalid value: "": needs to be unset | source: Invalid value: "": needs to be unset
            type: Normal => eventTime: Required value
            type: Normal, reportingController: c, REPORTED, series: {count: 1} => series.count: Invalid value: "": should be at least 2 | series.lastObservedTime: Required value
            """)
    void strict(String event, String expected) {
        DetailedValidationTest.assertErrors("events.events.k8s.io", "{regarding: {namespace: ns}, " + event.replace("REPORTED", REPORTED) + "}", expected);
    }

    @Test
    void longTextIsRefused() {
        String event = "{involvedObject: {namespace: ns}, reportingComponent: c, " + REPORTED + ", message: " + "m".repeat(1025) + "}";
        DetailedValidationTest.assertErrors("events", event, "message: Invalid value: \"\": can have at most 1024 characters");
    }

    @Test
    void onlyTheSeriesOfAnEventChanges() {
        String event = "{regarding: {namespace: ns}, type: Normal, reportingController: c, " + REPORTED + "%s}";
        DetailedValidationTest.assertUpdateErrors("events.events.k8s.io", event.formatted(""),
                event.formatted(", series: {count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z'}"), "-");
        DetailedValidationTest.assertUpdateErrors("events.events.k8s.io", event.formatted(""), event.formatted(", note: hello"), "message: Invalid value: \"hello\": field is immutable");
        DetailedValidationTest.assertUpdateErrors("events", "{involvedObject: {namespace: ns}}", "{involvedObject: {namespace: ns}, count: 2, message: hello}", "-");
    }
}
