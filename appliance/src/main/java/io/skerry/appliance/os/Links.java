package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The machine's physical network interfaces, and whether something answers at the other end of their cable or radio. */
final class Links {
    private Links() {}

    /** @return the interfaces' names, with whether they have a carrier */
    static Map<String, Boolean> physical(Path sys) throws IOException {
        Map<String, Boolean> links = new TreeMap<>();
        Path folder = sys.resolve("class/net");
        if (!Files.isDirectory(folder)) {
            return links;
        }
        try (Stream<Path> found = Files.list(folder)) {
            for (Path each : found.toList()) {
                if (Files.exists(each.resolve("device"))) {
                    links.put(each.getFileName().toString(), hasCarrier(each));
                }
            }
        }
        return links;
    }

    private static boolean hasCarrier(Path link) {
        try {
            return Files.readString(link.resolve("carrier")).strip().equals("1");
        } catch (IOException e) {
            // An interface that is down answers EINVAL.
            return false;
        }
    }
}
