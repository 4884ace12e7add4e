package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CardListTest {
    @TempDir
    Path folder;

    @Test
    void everyColumnThatIsNotKnownIsALabel() throws Exception {
        assertThat(CardList.read(file("\ufeffhostname,token,site,note\n# shop in the north\nstore-1,s3cret,north,\"a, \"\"b\"\"\"\n\nstore-2,,south,\n"))).isEqualTo(List.of(
                new CardIdentity("store-1", Map.of("site", "north", "note", "a, \"b\""), Optional.of("s3cret")),
                new CardIdentity("store-2", Map.of("site", "south"), Optional.empty())));
    }

    @Test
    void mistakesAreNamedByLine() {
        refuses("name,site\na,b\n", ":1: ", "hostname must be one");
        refuses("hostname,site\nstore-1\n", ":2: ", "1 cells");
        refuses("hostname\nstore-1\nStore_2\n", ":3: ", "\"Store_2\" cannot be");
        refuses("hostname\nstore-1\nstore-1\n", ":3: ", "twice");
        refuses("hostname,site\nstore-1,\"x\n", ":2: ", "quoted");
        refuses("hostname,site,site\n", ":1: ", "name of its own");
        refuses("hostname\n", "cards.csv", "names no device");
    }

    private void refuses(String text, String where, String what) {
        assertThatThrownBy(() -> CardList.read(file(text))).isInstanceOf(ImageException.class).hasMessageContaining(where).hasMessageContaining(what);
    }

    private Path file(String text) throws Exception {
        return Files.writeString(folder.resolve("cards.csv"), text);
    }
}
