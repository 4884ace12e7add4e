package io.skerry.appliance;

import io.quarkus.picocli.runtime.PicocliRunner;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.skerry.appliance.cli.KubectlCommand;
import java.util.Arrays;

/** The {@code skerry} binary. */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String... args) {
        if (System.getProperty("org.graalvm.nativeimage.imagecode") != null && System.getenv("SKERRY_MAX_HEAP") != null) {
            // GraalVM reads the heap's limit before any code of ours runs, from arguments alone.
            System.err.println("skerry: SKERRY_MAX_HEAP is for skerry on the JVM and has no effect on this native binary; give it -Xmx" + System.getenv("SKERRY_MAX_HEAP") + " as an argument instead");
        }
        // kubectl's flags are kubectl's: they pass by without being parsed, and without starting anything else.
        if (args.length > 0 && args[0].equals("kubectl")) {
            System.exit(KubectlCommand.run(Arrays.asList(args).subList(1, args.length)));
        }
        Quarkus.run(PicocliRunner.class, args);
    }
}
