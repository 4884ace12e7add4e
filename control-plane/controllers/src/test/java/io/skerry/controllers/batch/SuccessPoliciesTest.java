package io.skerry.controllers.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuccessPoliciesTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        0-2  | -  | 0-2     | true
        0-2  | -  | 0,1,3-9 | false
        0-2  | 2  | 0,2     | true
        0-2  | 2  | 0,3-9   | false
        0-2  | 0  | 9       | true
        0-2  | 0  | -       | false
        -    | 3  | 4,7,9   | true
        -    | 3  | 4,7     | false
        rot  | 1  | 0-9     | false
        """)
    void aRuleIsMetByItsIndexesOrTheirCount(String indexes, Integer count, String succeeded, boolean met) {
        Job job = new JobBuilder().withNewSpec().withCompletions(10).withNewSuccessPolicy()
            .addNewRule().withSucceededCount(11).endRule()
            .addNewRule().withSucceededIndexes(indexes).withSucceededCount(count).endRule()
            .endSuccessPolicy().endSpec().build();
        assertThat(SuccessPolicies.met(job, CompletionIndexes.parse(succeeded, 10))).isEqualTo(met ? Optional.of("Matched rules at index 1") : Optional.empty());
    }
}
