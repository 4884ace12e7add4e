package io.skerry.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.UserError;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ImageFlashCommandTest {
    @TempDir
    Path folder;

    @Test
    void eachProblemOfTheSettingsHasItsLine() throws Exception {
        Path image = Files.write(folder.resolve("a.img"), new byte[4096]);
        Path settings = Files.writeString(folder.resolve("skerry.yaml"), "hostnme: x\nrole: king\n");
        StringWriter said = new StringWriter();
        ImageFlashCommand command = new ImageFlashCommand();
        CommandLine line = new CommandLine(command).setErr(new PrintWriter(said, true));
        line.parseArgs(image.toString(), folder.resolve("card.img").toString(), "--config", settings.toString());
        assertThatThrownBy(command::call).isInstanceOf(UserError.class).message().startsWith(settings + ":2: role: ").doesNotContain("\n");
        assertThat(said.toString().lines()).singleElement().asString().startsWith(settings + ":1: hostnme: unknown key");
        assertThat(folder.resolve("card.img")).doesNotExist();
    }
}
