package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpansionTest {
    /** The cases of Kubernetes' expansion: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables */
    @ParameterizedTest
    @CsvSource({"$(A), 1", "$$(A), $(A)", "$$$(A), $1", "$(NONE), $(NONE)", "$(A)$(B), 12", "x$(A, x$(A", "$A, $A", "a$, a$", "$$, $", "$(A)$, 1$", "$((A)), $((A))"})
    void expands(String text, String expected) {
        assertThat(Expansion.expand(text, Map.of("A", "1", "B", "2"))).isEqualTo(expected);
    }

    @Test
    void doesNotExpandWhatItPutIn() {
        assertThat(Expansion.expand("$(A)", Map.of("A", "$(B)", "B", "2"))).isEqualTo("$(B)");
    }
}
