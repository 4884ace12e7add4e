package io.skerry.apiserver.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code /version}: what clients compare their own version with. */
public final class VersionEndpoint {
    private static final Pattern VERSION = Pattern.compile("v(\\d+)\\.(\\d+)\\..*");

    private VersionEndpoint() {
    }

    /** @param gitVersion such as v1.33.4+skerry0.1.0 */
    public static ObjectNode document(String gitVersion) {
        Matcher version = VERSION.matcher(gitVersion);
        if (!version.matches()) {
            throw new IllegalArgumentException("gitVersion " + gitVersion + " is not of the form vMAJOR.MINOR.PATCH[+BUILD]");
        }
        String architecture = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            case String other -> other;
        };
        return Json.object().put("major", version.group(1)).put("minor", version.group(2)).put("gitVersion", gitVersion).put("gitCommit", "")
                .put("gitTreeState", "clean").put("buildDate", "").put("goVersion", "").put("compiler", "javac").put("platform", "linux/" + architecture);
    }
}
