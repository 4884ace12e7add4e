package io.skerry.apiserver.proxy;

import java.io.IOException;

/** An address of this machine that is neither loopback nor link-local, as a pod's: on a bridge of its own, which goes with it. It takes root. */
public final class BridgeAddress implements AutoCloseable {
    private static int made;

    private final String bridge = "skp" + Long.toString(ProcessHandle.current().pid(), 36) + made++;
    public final String address = "10.97." + ProcessHandle.current().pid() % 250 + "." + (made % 250 + 1);

    public BridgeAddress() throws Exception {
        run("ip", "link", "add", "name", bridge, "type", "bridge");
        run("ip", "address", "add", address + "/32", "dev", bridge);
        run("ip", "link", "set", bridge, "up");
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said.strip() + "; it takes root and the package iproute2");
        }
    }

    @Override
    public void close() throws Exception {
        run("ip", "link", "delete", bridge);
    }
}
