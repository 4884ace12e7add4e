package io.skerry.image.flash;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.image.ImageException;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The FAT partition with skerry.yaml of a flashed card or an image file, reached with mtools: nothing is mounted. */
public final class ConfigPartition {
    private static final String SETTINGS = "::" + DeviceLayout.SETTINGS_FILE;

    private final Path card;
    private final long offset;

    private ConfigPartition(Path card, long offset) {
        this.card = card;
        this.offset = offset;
    }

    /**
     * @param card block device or image file
     * @throws ImageException when it has no partition with the label {@link DeviceLayout#CONFIG}
     */
    public static ConfigPartition of(Path card) throws IOException {
        JsonNode table = Json.parse(run(List.of("sfdisk", "--json", card.toString()), "", "fdisk").getBytes(StandardCharsets.UTF_8)).path("partitiontable");
        for (JsonNode partition : table.path("partitions")) {
            if (partition.path("name").asText().equals(DeviceLayout.CONFIG)) {
                return new ConfigPartition(card, partition.path("start").asLong() * table.path("sectorsize").asLong(512));
            }
        }
        throw new ImageException(card + " has no partition with the label " + DeviceLayout.CONFIG + ": it was not flashed with a skerry image");
    }

    /** skerry.yaml as it is on the card. */
    public String readSettings() throws IOException {
        return mtools("mtype", SETTINGS);
    }

    /** Replaces skerry.yaml, and reads it back. */
    public void writeSettings(String text) throws IOException {
        mtoolsWithInput(text, "mcopy", "-o", "-", SETTINGS);
        if (!readSettings().equals(text)) {
            throw new ImageException(card + " does not give back the skerry.yaml that was written: the card or its reader is broken; use another one");
        }
    }

    private String mtools(String program, String... args) throws IOException {
        return mtoolsWithInput("", program, args);
    }

    private String mtoolsWithInput(String input, String program, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(program, "-i", card + "@@" + offset));
        command.addAll(List.of(args));
        return run(command, input, "mtools");
    }

    private static String run(List<String> command, String input, String debianPackage) throws IOException {
        Process process;
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            // The geometry of a partition inside of an image is none that mtools expects.
            builder.environment().put("MTOOLS_SKIP_CHECK", "1");
            builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
            process = builder.start();
        } catch (IOException e) {
            throw new ImageException(command.getFirst() + " is not installed; install it (Debian: package " + debianPackage + ")", e);
        }
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It did not want to read; its exit code tells why.
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new ImageException(String.join(" ", command) + ": " + err);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException(command.getFirst());
        }
        return out;
    }
}
