package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class FigureTableTest {
    private static final String DOCUMENT = """
            # Benchmarks

            <!-- scripts/bench --one writes from here -->

            old

            <!-- to here -->

            Words between.

            <!-- scripts/bench --two writes from here -->

            Not measured yet.

            <!-- to here -->
            """;

    @Test
    void aTableComesInPlaceOfItsOwnPredecessorAlone() {
        assertThat(new FigureTable("scripts/bench --one writes", "value").placed(DOCUMENT, "new\n")).isEqualTo(DOCUMENT.replace("old", "new"));
        assertThat(new FigureTable("scripts/bench --two writes", "value").placed(DOCUMENT, "new\n")).isEqualTo(DOCUMENT.replace("Not measured yet.", "new"));
    }

    @Test
    void aDocumentWithoutAPlaceIsLeftAlone() {
        FigureTable table = new FigureTable("scripts/bench --three writes", "value");
        assertThatThrownBy(() -> table.placed(DOCUMENT, "new\n")).hasMessageContaining("docs/benchmarks.md has no place for the table")
                .hasMessageContaining("<!-- scripts/bench --three writes from here -->");
        FigureTable cut = new FigureTable("scripts/bench --two writes", "value");
        assertThatThrownBy(() -> cut.placed(DOCUMENT.substring(0, DOCUMENT.lastIndexOf("<!--")), "new\n")).hasMessageContaining("<!-- to here -->");
    }

    @Test
    void theDocumentHasAPlaceForEveryTable() throws Exception {
        String document = Files.readString(Path.of("../docs/benchmarks.md"));
        for (String writer : List.of("scripts/bench writes JVM", "scripts/bench writes native", "scripts/bench --image writes", "scripts/bench --image --java writes",
                "scripts/bench --datastore writes", "scripts/bench --flash writes JVM", "scripts/bench --flash writes native")) {
            assertThat(new FigureTable(writer, "value").placed(document, "new\n")).as(writer).contains("<!-- " + writer + " from here -->\n\nnew\n\n<!-- to here -->\n");
        }
    }
}
