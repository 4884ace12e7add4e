package io.skerry.machinery.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FieldSelectorTest {

    @Test
    void matches() {
        Map<String, String> fields = Map.of("metadata.name", "a", "status.phase", "Running");
        assertThat(FieldSelector.parse("metadata.name=a,status.phase==Running").matches(fields::get)).isTrue();
        assertThat(FieldSelector.parse("metadata.name=a,status.phase!=Running").matches(fields::get)).isFalse();
        assertThat(FieldSelector.parse("spec.nodeName=").matches(fields::get)).as("absent is empty").isTrue();
        assertThat(FieldSelector.parse("spec.nodeName!=").matches(fields::get)).isFalse();
        assertThat(FieldSelector.parse("").matches(fields::get)).isTrue();
        assertThat(FieldSelector.parse(null).isEmpty()).isTrue();
    }

    @Test
    void escapes() {
        FieldSelector selector = FieldSelector.parse("a=x\\,y\\=z\\\\,b!=2");
        assertThat(selector.requirements()).containsExactly(new FieldSelector.Requirement("a", false, "x,y=z\\"), new FieldSelector.Requirement("b", true, "2"));
        assertThat(FieldSelector.parse(selector.toString()).requirements()).isEqualTo(selector.requirements());
    }

    @Test
    void explainsWhatCannotBeRead() {
        assertThatThrownBy(() -> FieldSelector.parse("a=b,c")).hasMessage("invalid selector: 'a=b,c'; can't understand 'c'");
        assertThatThrownBy(() -> FieldSelector.parse("a=b=c")).hasMessage("invalid field selector: unescaped character in value: =");
        assertThatThrownBy(() -> FieldSelector.parse("a=b\\c")).hasMessage("invalid field selector: invalid escape sequence: \\c");
    }
}
