package io.skerry.appliance.cli;

import io.skerry.appliance.BuildInfo;
import picocli.CommandLine.IVersionProvider;

/** {@code skerry --version}. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "skerry " + BuildInfo.VERSION + " (Kubernetes " + BuildInfo.KUBERNETES_VERSION + ")",
            "java " + System.getProperty("java.vm.version") + " " + System.getProperty("os.arch")
        };
    }
}
