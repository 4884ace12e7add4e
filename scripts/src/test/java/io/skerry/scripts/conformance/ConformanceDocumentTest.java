package io.skerry.scripts.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ConformanceDocumentTest {
    private static final ConformanceDocument DOCUMENT = new ConformanceDocument("""
            # Conformance

            ## one

            | what | works |
            |---|---|
            | exec | yes |
            | top | no: there are no metrics |

            ## two

            | what | works |
            |---|---|
            | watch | yes |
            """.lines().toList());

    private static Map<String, String> one() {
        return new TreeMap<>(Map.of("exec", "yes", "top", "no: there are no metrics"));
    }

    @Test
    void acceptsWhatWasRun() {
        assertThatCode(() -> DOCUMENT.require("one", one())).doesNotThrowAnyException();
        assertThatCode(() -> DOCUMENT.require("two", Map.of("watch", "yes"))).doesNotThrowAnyException();
    }

    @Test
    void refusesEveryDifferenceAndSaysWhatIsRight() {
        Map<String, String> another = one();
        another.put("top", "yes");
        assertThatThrownBy(() -> DOCUMENT.require("one", another)).isInstanceOf(AssertionError.class).hasMessageContaining("\"one\"").hasMessageContaining("| top | yes |");
        Map<String, String> more = one();
        more.put("logs", "yes");
        assertThatThrownBy(() -> DOCUMENT.require("one", more)).isInstanceOf(AssertionError.class);
        Map<String, String> fewer = one();
        fewer.remove("exec");
        assertThatThrownBy(() -> DOCUMENT.require("one", fewer)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> DOCUMENT.require("three", one())).isInstanceOf(AssertionError.class);
    }

    @Test
    void writesATableAndLeavesTheOthers() {
        assertThat(DOCUMENT.with("one", one())).isEqualTo(DOCUMENT.lines());
        assertThat(DOCUMENT.with("two", Map.of("watch", "yes"))).isEqualTo(DOCUMENT.lines());
        List<String> changed = DOCUMENT.with("one", Map.of("logs", "yes"));
        assertThat(changed).doesNotContain("| exec | yes |").containsSubsequence("## one", "| logs | yes |", "", "## two", "| watch | yes |");
        ConformanceDocument added = new ConformanceDocument(DOCUMENT.with("three", one()));
        assertThatCode(() -> added.require("three", one())).doesNotThrowAnyException();
        assertThat(added.lines().subList(0, DOCUMENT.lines().size())).isEqualTo(DOCUMENT.lines());
    }
}
