package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobStatusValidationTest {

    private static final String START = "startTime: '2026-01-01T00:00:00Z'";
    private static final String END = "completionTime: '2026-01-01T00:01:00Z'";
    private static final String COMPLETE = "conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: Complete, status: 'True'}]";
    private static final String FAILED = "conditions: [{type: FailureTarget, status: 'True'}, {type: Failed, status: 'True'}]";

    private static List<String> errors(String spec, String before, String after) {
        return StatusValidationTest.errors("jobs.batch", "{spec: " + spec + ", status: " + expand(before) + "}", "{spec: " + spec + ", status: " + expand(after) + "}", "status");
    }

    private static String expand(String status) {
        return status.replace("START", START).replace("END", END).replace("COMPLETE", COMPLETE).replace("FAILED", FAILED);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{}|{}|{active: 1, ready: 1, START}",
        "{}|{active: 1, START}|{START, END, COMPLETE, succeeded: 1}",
        "{}|{active: 1, START}|{START, FAILED, failed: 7}",
        "{suspend: true}|{active: 1, START}|{active: 0}",
        "{suspend: true, completions: 0}|{}|{END, COMPLETE}",
        "{}|{START, conditions: [{type: Suspended, status: 'True'}]}|{startTime: '2026-01-02T00:00:00Z', conditions: [{type: Suspended, status: 'False'}]}",
        "{completionMode: Indexed, completions: 5, parallelism: 5}|{succeeded: 5}|{succeeded: 3}",
        "{completionMode: Indexed, completions: 9, backoffLimitPerIndex: 1}|{}|{completedIndexes: '0,2-4', failedIndexes: '5-6,8'}",
        // what was wrong before, and is left as it is, keeps nobody from writing the rest
        "{}|{START, END, conditions: [{type: Complete, status: 'True'}]}|{START, END, terminating: 0, conditions: [{type: Complete, status: 'True'}]}",
        "{completions: 2, completionMode: Indexed}|{completedIndexes: '0-5'}|{completedIndexes: '0-5', active: 1}"})
    void whatAControllerReports(String line) {
        String[] parts = line.split("\\|");
        assertThat(errors(parts[0], parts[1], parts[2])).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{}|{}|{active: -1}|status.active: Invalid value: -1: must be greater than or equal to 0",
        "{}|{}|{terminating: -1}|status.terminating: Invalid value: -1: must be greater than or equal to 0",
        "{}|{}|{active: 1, ready: 2}|status.ready: Invalid value: 2: cannot set more ready pods than active",
        "{}|{}|{uncountedTerminatedPods: {succeeded: [a], failed: [a]}}|status.uncountedTerminatedPods.failed[0]: Duplicate value: \"a\"",
        "{}|{}|{uncountedTerminatedPods: {failed: ['']}}|status.uncountedTerminatedPods.failed[0]: Invalid value: \"\": must not be empty",
        "{}|{START}|{START, END}|status.completionTime: Invalid value: \"2026-01-01T00:01:00Z\": cannot set completionTime when there is no Complete=True condition",
        "{}|{START}|{START, COMPLETE}|status.completionTime: Required value: completionTime is required for Complete jobs",
        "{}|{START}|{START, completionTime: '2025-12-31T23:59:59Z', COMPLETE}|status.completionTime: Invalid value: \"2025-12-31T23:59:59Z\": must be equal to or after `startTime`",
        "{}|{START, END, COMPLETE}|{START, completionTime: '2026-01-01T00:02:00Z', COMPLETE}|status.completionTime: Invalid value: \"2026-01-01T00:02:00Z\": field is immutable",
        "{}|{START}|{START, END, conditions: [{type: Complete, status: 'True'}]}|status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true "
            + "condition",
        "{}|{START}|{START, conditions: [{type: Failed, status: 'True'}]}|status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition",
        "{}|{}|{conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: FailureTarget, status: 'True'}]}|status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and "
            + "FailureTarget=true conditions",
        "{}|{START, FAILED}|{START, conditions: [{type: FailureTarget, status: 'True'}]}|status.conditions: Invalid value: cannot disable the terminal Failed=True condition",
        "{}|{conditions: [{type: SuccessCriteriaMet, status: 'True'}]}|{}|status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
        "{}|{START}|{START, END, COMPLETE, active: 1}|status.active: Invalid value: 1: active>0 is invalid for finished job",
        "{}|{START}|{START, FAILED, terminating: 1}|status.terminating: Invalid value: 1: terminating>0 is invalid for finished job",
        "{}|{}|{FAILED}|status.startTime: Required value: startTime is required for finished job",
        "{}|{START}|{START, FAILED, uncountedTerminatedPods: {failed: [a]}}|status.uncountedTerminatedPods: Invalid value: {\"failed\":[\"a\"]}: must be empty for finished job",
        "{}|{START}|{}|status.startTime: Required value: startTime cannot be removed for unsuspended job",
        "{}|{failed: 2}|{failed: 1}|status.failed: Invalid value: 1: cannot decrease the failed counter",
        "{}|{succeeded: 2}|{}|status.succeeded: Invalid value: 0: cannot decrease the succeeded counter",
        "{completionMode: Indexed, completions: 5, parallelism: 2}|{succeeded: 5}|{succeeded: 3}|status.succeeded: Invalid value: 3: cannot decrease the succeeded counter",
        "{completions: 3}|{}|{completedIndexes: '0'}|status.completedIndexes: Invalid value: \"0\": cannot set non-empty completedIndexes when non-indexed completion mode",
        "{completionMode: Indexed, completions: 3}|{}|{completedIndexes: '0,3'}|status.completedIndexes: Invalid value: \"0,3\": error parsing completedIndexes: too large index: \"3\"",
        "{completionMode: Indexed, completions: 9}|{}|{completedIndexes: '2,1'}|status.completedIndexes: Invalid value: \"2,1\": error parsing completedIndexes: non-increasing order, "
            + "previous: 2, current: 1",
        "{completionMode: Indexed, completions: 9}|{}|{completedIndexes: '4-2'}|status.completedIndexes: Invalid value: \"4-2\": error parsing completedIndexes: non-increasing order, "
            + "previous: 4, current: 2",
        "{completionMode: Indexed, completions: 9}|{}|{completedIndexes: 'a'}|status.completedIndexes: Invalid value: \"a\": error parsing completedIndexes: cannot convert string to "
            + "integer for index: \"a\"",
        "{completionMode: Indexed, completions: 9}|{}|{completedIndexes: '1-2-3'}|status.completedIndexes: Invalid value: \"1-2-3\": error parsing completedIndexes: the fragment \"1-2-3\" "
            + "violates the requirement that an index interval can have at most two parts separated by '-'",
        "{completionMode: Indexed, completions: 9}|{}|{failedIndexes: '1'}|status.failedIndexes: Invalid value: \"1\": cannot set non-null failedIndexes when backoffLimitPerIndex is null",
        "{completionMode: Indexed, completions: 9, backoffLimitPerIndex: 1}|{}|{completedIndexes: '0-3', failedIndexes: '2-5'}|status.failedIndexes: Invalid value: \"2-5\": failedIndexes "
            + "and completedIndexes overlap at index: 2"})
    void whatNoControllerMayReport(String spec, String before, String after, String expected) {
        assertThat(errors(spec, before, after)).containsExactly(expected);
    }
}
