package io.skerry.appliance;

import io.quarkus.picocli.runtime.PicocliRunner;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.skerry.appliance.cli.KubectlCommand;
import io.skerry.appliance.nativeimage.NativeHeap;
import java.util.Arrays;

/** The {@code skerry} binary. */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String... args) {
        if (System.getProperty("org.graalvm.nativeimage.imagecode") != null) {
            try {
                NativeHeap.applyEnvironment();
            } catch (UserError e) {
                System.err.println("skerry: " + e.getMessage());
                System.exit(2);
            }
        }
        // kubectl's flags are kubectl's: they pass by without being parsed, and without starting anything else.
        if (args.length > 0 && args[0].equals("kubectl")) {
            System.exit(KubectlCommand.run(Arrays.asList(args).subList(1, args.length)));
        }
        Quarkus.run(PicocliRunner.class, args);
    }
}
