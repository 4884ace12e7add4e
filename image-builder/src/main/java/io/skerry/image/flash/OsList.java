package io.skerry.image.flash;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.settings.Secrets;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * An {@code os_list.json} by which Raspberry Pi Imager (1.8 and newer) offers skerry images: {@code rpi-imager --repo URL}. Fields are those of
 * Imager's doc/json-schema/os-list-schema.json. {@code init_format} is "none": Imager's own customization would be written for another system.
 */
public final class OsList {
    /** Imager's device tags by board; a Compute Module has the tag of the Pi it derives from. */
    private static final Map<String, List<String>> DEVICES = Map.of("raspberrypi4", List.of("pi4-64bit", "pi3-64bit"), "raspberrypi5", List.of("pi5-64bit"));
    /** Imager's schema asks for an icon; this one needs no server. */
    private static final String ICON = "data:image/svg+xml;base64," + Base64.getEncoder().encodeToString("""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#0b3d5c"/><path d="M6 30 16 12l6 8 4-5 8 15z" fill="#fff"/></svg>
            """.strip().getBytes(StandardCharsets.UTF_8));

    private OsList() {}

    /**
     * @param images {@code .img.zst} or {@code .img} files whose names hold their board
     * @param baseUrl where the images will be published; the file names are added
     * @param secretsToo also images whose settings hold secrets
     */
    public static ObjectNode of(List<Path> images, String baseUrl, boolean secretsToo) throws IOException {
        ObjectNode list = Json.object();
        ArrayNode entries = list.putArray("os_list");
        for (Path image : images) {
            entries.add(entry(image, baseUrl.endsWith("/") ? baseUrl : baseUrl + "/", secretsToo));
        }
        return list;
    }

    private static ObjectNode entry(Path image, String baseUrl, boolean secretsToo) throws IOException {
        if (!Files.isRegularFile(image)) {
            throw new ImageException("there is no image file " + image);
        }
        String name = image.getFileName().toString();
        String board = DEVICES.keySet().stream().filter(name::contains).findFirst()
                .orElseThrow(() -> new ImageException(image + " is for no Raspberry Pi: its name must hold one of " + DEVICES.keySet().stream().sorted().toList()));
        ImageSource source = new ImageSource(image);
        if (!secretsToo) {
            refuseSecrets(source);
        }
        MessageDigest digest = Digests.sha256();
        long size = 0;
        try (InputStream content = source.open()) {
            byte[] buffer = new byte[1 << 20];
            for (int n; (n = content.read(buffer)) >= 0; size += n) {
                digest.update(buffer, 0, n);
            }
        }
        ObjectNode entry = Json.object();
        entry.put("name", "Skerry " + name.replaceFirst("\\.img(\\.zst)?$", "").replaceFirst("^skerry-", ""));
        entry.put("description", "A declarative GitOps appliance: put your fleet's address into skerry.yaml on the card");
        entry.put("icon", ICON);
        entry.put("url", baseUrl + name);
        entry.put("extract_size", size);
        entry.put("extract_sha256", HexFormat.of().formatHex(digest.digest()));
        entry.put("image_download_size", source.fileSize());
        entry.put("image_download_sha256", ImageSource.sha256(Files.newInputStream(image)));
        entry.put("release_date", Files.getLastModifiedTime(image).toInstant().atZone(ZoneOffset.UTC).toLocalDate().toString());
        entry.put("init_format", "none");
        DEVICES.get(board).forEach(entry.putArray("devices")::add);
        return entry;
    }

    private static void refuseSecrets(ImageSource image) throws IOException {
        List<String> secrets;
        try {
            secrets = Yaml.parseAllYaml12(ConfigPartition.settingsOf(image), image.file() + ": " + DeviceLayout.SETTINGS_FILE).stream()
                    .flatMap(document -> Secrets.in(document.root()).stream()).toList();
        } catch (YamlException e) {
            throw new ImageException(e.getMessage() + "; so it is not known whether it holds secrets: build the image again", e);
        }
        if (!secrets.isEmpty()) {
            throw new ImageException(image.file() + " holds secrets (" + String.join(", ", secrets) + "), and whoever downloads it has them: build it without, and give the cards theirs"
                    + " with 'skerry image flash --config'; or add --allow-secrets where only your own people can download it");
        }
    }
}
