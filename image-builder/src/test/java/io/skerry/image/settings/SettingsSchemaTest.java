package io.skerry.image.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.yaml.Yaml;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingsSchemaTest {
    private static final Path DOCS = Path.of("../docs/settings.md");

    @Test
    void theDocumentationHoldsTheTable() throws Exception {
        assertThat(Files.readString(DOCS)).as("docs/settings.md must hold the table as it is; put this in:\n" + SettingsTable.markdown()).contains(SettingsTable.markdown());
    }

    @Test
    void everyExampleIsRight() {
        List<String> wrong = new ArrayList<>();
        examples(SettingsSchema.keys(), wrong);
        assertThat(wrong).isEmpty();
    }

    private static void examples(List<Key> keys, List<String> wrong) {
        for (Key key : keys) {
            if (!key.example().isEmpty() && !key.example().contains("AAAA...")) {
                Yaml.Document document = Yaml.parseAllYaml12(key.name() + ": " + key.example(), "example").getFirst();
                Checker checker = new Checker(document, true, ServerFlags.UNKNOWN);
                checker.section(document.root(), List.of(new Key(key.name(), key.shape(), "", "", false, false, "")), Place.TOP);
                checker.problems().forEach(problem -> wrong.add(problem.toString()));
            }
            below(key.shape(), wrong);
        }
    }

    private static void below(Shape shape, List<String> wrong) {
        switch (shape) {
            case Shape.Section section -> examples(section.keys(), wrong);
            case Shape.Items items -> below(items.of(), wrong);
            case Shape.Named named -> below(named.of(), wrong);
            default -> { }
        }
    }

    @Test
    void theSchemaHasEveryKey() {
        JsonNode device = JsonSchema.of(false);
        assertThat(device.at("/properties/fleet/required").toString()).isEqualTo("[\"url\"]");
        assertThat(device.at("/properties/network/properties/interfaces/additionalProperties/properties/vlan/properties/id/maximum").asInt()).isEqualTo(4094);
        assertThat(device.at("/properties/labels/propertyNames/pattern").asText()).startsWith("^(");
        assertThat(device.at("/properties").has("build")).isFalse();
        assertThat(JsonSchema.of(true).at("/properties/build/properties/files/items/required/0").asText()).isEqualTo("path");
    }
}
