package io.skerry.node;

import io.grpc.StatusRuntimeException;
import io.skerry.node.containerd.ContainerdSupervisor;
import io.skerry.node.cri.Cri;
import io.skerry.node.images.ImageGarbage;
import io.skerry.node.images.ImageStore;
import io.skerry.node.logs.LogRotation;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/** What has to be looked at now and then, as no event tells of it: sizes of logs, a full disk. */
final class Housekeeping implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Housekeeping.class.getName());
    private static final Duration LOGS_EVERY = Duration.ofSeconds(10);
    private static final int RARELY_EVERY_ROUNDS = 30;

    private final ContainerdSupervisor containerd;
    private final LogRotation logs;
    private final ImageGarbage images;
    private final Thread thread;

    Housekeeping(NodeConfig config, ContainerdSupervisor containerd, Cri cri, ImageStore store, Supplier<Set<String>> pinned) {
        this.containerd = containerd;
        logs = new LogRotation(config, cri);
        images = new ImageGarbage(config, cri, store, pinned);
        thread = Thread.ofVirtual().name("housekeeping").start(this::run);
    }

    private void run() {
        try {
            for (int round = 1; ; round++) {
                Thread.sleep(LOGS_EVERY);
                try {
                    logs.rotate();
                    if (round % RARELY_EVERY_ROUNDS != 0) continue;
                    containerd.trimLog();
                    images.collect();
                } catch (IOException | StatusRuntimeException e) {
                    LOG.log(Level.WARNING, "housekeeping: {0}", e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "housekeeping ends");
        }
    }

    @Override
    public void close() { thread.interrupt(); }
}
