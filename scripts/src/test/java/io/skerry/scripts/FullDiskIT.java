package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A data folder on an ext4 that is full to its last block: pods run on, start again after a power cut, and can be deleted; with room all is as before. */
@Tag("once")
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FullDiskIT {
    private static final String MACHINE = "full";
    private static final int PORT = 8080;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private Path image;
    private Path filler;
    private Path ballast;

    @Test
    void podsRunOnStartAgainAndCanBeDeleted() throws Exception {
        MachineState before = MachineState.now();
        Path folder = Files.createTempDirectory("skerry-full-");
        image = folder.resolve("disk.img");
        try (Lan lan = new Lan(); SharedServer server = new SharedServer(lan, MACHINE, 13, folder, "sqlite://")) {
            filler = server.dataDir().resolve("filler");
            ballast = server.dataDir().resolve("ballast");
            try (LoopDisk _ = LoopDisk.mount(image, 512L << 20, server.dataDir())) {
                DemoImages.write(server.dataDir().resolve("agent/images"));
                try {
                    fillAndEmpty(server);
                } catch (Throwable e) {
                    throw new AssertionError(e.getMessage() + "\nskerry's log ends:\n" + Up.tail(server.process().log()), e);
                } finally {
                    server.close();
                }
            }
        }
        MachineState.now().requireNothingBeyond(before, each -> each.contains(folder.toString()) || each.contains(Lan.NAME));
        Down.delete(folder);
    }

    private void fillAndEmpty(SharedServer server) throws Exception {
        server.start();
        // on the machine's own address, so that it is found whatever the status says
        server.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: web}
                spec:
                  hostNetwork: true
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: main, image: "docker.io/skerry/demo-web:1", command: [sh, -c, "echo served > /www/index.html; exec httpd -f -p %d -h /www"]}
                """.formatted(PORT));
        server.out("wait", "pod/web", "--for=condition=Ready", "--timeout=120s");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(serves(server)).isTrue());
        awaitWholeBallast(server);

        fill();
        Run refused = create(server);
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.err()).contains("the disk is full; free some space");
        assertThat(serves(server)).isTrue();

        // the power goes: nothing that ran is left, and the disk is as it was
        server.process().kill();
        server.close();
        if (Run.of("mountpoint", "-q", server.dataDir().toString()).exitCode() != 0) {
            Run.of("mount", "-o", "loop,noatime", image.toString(), server.dataDir().toString()).orFail();
        }
        fill();
        server.start();
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> assertThat(serves(server)).isTrue());

        fill();
        server.out("delete", "pod", "web", "--timeout=120s");
        assertThat(serves(server)).isFalse();
        assertThat(server.run("get", "pod", "web").err()).contains("NotFound");

        Files.delete(filler);
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).until(() -> create(server).exitCode() == 0);
        awaitWholeBallast(server);
    }

    /** Larger than what a block that is half full may still take. */
    private static Run create(SharedServer server) throws Exception {
        return server.run("create", "configmap", "more", "--from-literal=k=" + "x".repeat(50_000));
    }

    private static boolean serves(SharedServer server) throws Exception {
        List<String> command = new ArrayList<>(Lan.on(MACHINE));
        command.addAll(List.of("curl", "-sS", "--noproxy", "*", "--max-time", "5", "http://" + server.address + ":" + PORT + "/"));
        return Run.of(command.toArray(String[]::new)).out().equals("served\n");
    }

    private void awaitWholeBallast(SharedServer server) {
        // a 64th of the disk, in eight slices of whole blocks
        long slice = server.dataDir().toFile().getTotalSpace() / 64 / 8 / 4096 * 4096;
        await().atMost(PATIENCE.plusMinutes(1)).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> assertThat(ballast).exists().hasSize(8 * slice));
    }

    /** Until there is room for nothing more; what was set aside and not taken comes back with the sync. */
    private void fill() throws IOException {
        ByteBuffer block = ByteBuffer.allocate(4096);
        for (int again = 0; again < 3; again++) {
            try (FileChannel channel = FileChannel.open(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                try {
                    while (true) {
                        channel.write(block.clear());
                    }
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("No space left");
                }
                channel.force(true);
            }
        }
    }
}
