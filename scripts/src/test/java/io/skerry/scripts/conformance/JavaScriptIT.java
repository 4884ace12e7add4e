package io.skerry.scripts.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.scripts.DemoStack;
import io.skerry.scripts.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official JavaScript client, in a Node.js program of its own; conformance.js has the cases. Needs the registry of its packages. */
@Client("@kubernetes/client-node")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JavaScriptIT {
    private static final String GROUP = "javascript.example.org";
    private static final String PROGRAM = "conformance.js";
    private static Path folder;
    private static Scene scene;

    @BeforeAll
    static void prepare(DemoStack stack) throws Exception {
        folder = installed();
        scene = new Scene(stack, "javascript");
        scene.pod("box");
        scene.apply(Scene.widgets(GROUP));
        stack.kubectl.out("wait", "crd/widgets." + GROUP, "--for=condition=Established", "--timeout=30s");
    }

    @AfterAll
    static void leave() throws Exception {
        if (scene != null) {
            scene.stack.kubectl.out("delete", "crd", "widgets." + GROUP);
            scene.close();
        }
    }

    /** The program beside the packages of its lock file, which are fetched only when the lock has changed. */
    private static Path installed() throws Exception {
        Path from = Path.of(System.getProperty("skerry.root"), "scripts/src/test/resources/javascript-client");
        Path to = Files.createDirectories(Path.of(System.getProperty("skerry.root"), "scripts/target/javascript-client"));
        Files.write(to.resolve(PROGRAM), Files.readAllBytes(from.resolve(PROGRAM)));
        Path done = to.resolve("node_modules/.installed");
        String lock = Files.readString(from.resolve("package-lock.json"));
        if (Files.exists(done) && Files.readString(done).equals(lock)) {
            return to;
        }
        Files.writeString(to.resolve("package.json"), Files.readString(from.resolve("package.json")));
        Files.writeString(to.resolve("package-lock.json"), lock);
        try {
            Run.of(Map.of(), to, "", Duration.ofMinutes(4), List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")).orFail();
        } catch (IOException e) {
            throw new IOException("the JavaScript client can't be installed; it needs the Debian packages nodejs and npm, and their registry: " + e.getMessage(), e);
        }
        Files.writeString(done, lock);
        return to;
    }

    @Test
    @Shows({})
    void everyCase(DemoStack stack, ConformanceTable.Rows rows) throws Exception {
        Run run = Run.of(stack.kubectl.environment(), folder, "", Duration.ofMinutes(3), List.of("node", PROGRAM, scene.namespace, "box", GROUP));
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.out().lines()).isNotEmpty().allSatisfy(line -> {
            assertThat(line).startsWith("yes\t");
            rows.works(line.substring(4));
        });
    }
}
