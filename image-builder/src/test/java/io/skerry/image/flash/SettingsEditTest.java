package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import io.skerry.machinery.yaml.Yaml;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SettingsEditTest {
    private static final CardIdentity STORE = new CardIdentity("store-1", Map.of("site", "north"), Optional.empty());

    @Test
    void commentsAndOtherKeysStayLetterByLetter() {
        assertThat(SettingsEdit.apply("# The device's settings\nhostname: template   # change me\n\nlabels:\n  rack: \"7\"\n# The fleet\nfleet: {url: https://git.example/fleet.git}\n", "skerry.yaml", STORE))
                .isEqualTo("# The device's settings\nhostname: store-1\n\nlabels:\n  rack: \"7\"\n  site: north\n# The fleet\nfleet: {url: https://git.example/fleet.git}\n");
    }

    @Test
    void missingKeysAreAddedAtTheEnd() {
        assertThat(SettingsEdit.apply("# nothing set yet", "skerry.yaml", STORE)).isEqualTo("# nothing set yet\nhostname: store-1\nlabels:\n  site: north\n");
    }

    @Test
    void theSameIdentityChangesNothing() {
        String once = SettingsEdit.apply("timezone: Europe/Oslo\n", "skerry.yaml", STORE);
        assertThat(SettingsEdit.apply(once, "skerry.yaml", STORE)).isEqualTo(once);
    }

    @Test
    void aValueThatYamlWouldTakeForSomethingElseStaysText() {
        String text = SettingsEdit.apply("", "skerry.yaml", new CardIdentity("0042", Map.of("a", "yes", "b", "1.0"), Optional.of("123e4")));
        var root = Yaml.parseAll(text, "").getFirst().root();
        assertThat(root.get("hostname").isTextual()).isTrue();
        assertThat(root.at("/labels/a").textValue()).isEqualTo("yes");
        assertThat(root.at("/labels/b").textValue()).isEqualTo("1.0");
    }

    @Test
    void aStyleThatLinesDoNotTellApartIsWrittenAnew() {
        String text = SettingsEdit.apply("{hostname: old, timezone: UTC,\n labels: {rack: \"7\"}}\n", "skerry.yaml", STORE);
        var root = Yaml.parseAll(text, "").getFirst().root();
        assertThat(root.toString()).isEqualTo("{\"hostname\":\"store-1\",\"timezone\":\"UTC\",\"labels\":{\"rack\":\"7\",\"site\":\"north\"}}");
    }

    @Test
    void whatIsNoMappingIsRefused() {
        assertThatThrownBy(() -> SettingsEdit.apply("- a\n", "skerry.yaml", STORE)).isInstanceOf(ImageException.class).hasMessageContaining("skerry.yaml");
    }
}
