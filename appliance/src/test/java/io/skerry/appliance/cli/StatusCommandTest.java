package io.skerry.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StatusCommandTest {

    @Test
    void damagedObjectsAreNamedAndNotWell() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        String well = "# TYPE skerry_unreadable_object gauge\napiserver_storage_objects{resource=\"pods\"} 2\n";
        assertThat(StatusCommand.damaged(well, stream)).isTrue();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(StatusCommand.damaged(well + "skerry_unreadable_object{key=\"/registry/core/secrets/default/a\"} 1\n", stream)).isFalse();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("state    /registry/core/secrets/default/a cannot be read: make the object anew or delete it,"
                + " or restore a snapshot (skerry snapshot list)\n");
    }
}
