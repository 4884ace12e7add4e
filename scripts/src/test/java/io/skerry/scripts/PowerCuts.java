package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.scripts.RunningDevice.Made;
import java.time.Duration;
import java.util.Random;
import java.util.TreeSet;

/**
 * Power cuts at moments of chance. The seed is printed, and {@code -Dskerry.seed} sets it: the moments are then the same, as far as a machine that
 * has other work lets them.
 */
final class PowerCuts {
    private static final Duration PATIENCE = Duration.ofMinutes(45);
    private static final String LABEL = "skerry-test=power-cut";

    private final long seed = Long.getLong("skerry.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final int times;

    PowerCuts(String what, int times) {
        this.times = times;
        System.out.println(times + " power cuts " + what + ", with -Dskerry.seed=" + seed);
    }

    /** Waits at most so long, and pulls the plug. @return what was done, for messages */
    String cut(ImageDevice device, int number, Duration atMost) throws InterruptedException {
        long wait = random.nextLong(atMost.toMillis());
        Thread.sleep(wait);
        device.guest.cutPower();
        String done = "cut " + number + " of " + times + ", after " + wait + " ms, seed " + seed;
        System.out.println(done);
        return done;
    }

    /**
     * Has the device update itself, one version after the other, and cuts its power all along. After each cut it must boot, and have every
     * object whose write was acknowledged before. What was cut off three times on trial has fallen back, as it should. The version wanted last is kept.
     *
     * @param versions the beginning of their names
     * @return how many updates were begun
     */
    int whileUpdating(ImageDevice device, DemoStack stack, Made made, String versions) throws Exception {
        Kubectl kubectl = device.kubectl();
        TreeSet<String> acknowledged = new TreeSet<>();
        int wanted = 0;
        try (PublishedOs os = new PublishedOs(stack, made); StatusTopic status = new StatusTopic(stack.layout)) {
            String commit = os.want(versions + wanted, "");
            for (int number = 1; number <= times; number++) {
                if (isDecided(status, versions + wanted)) {
                    commit = os.want(versions + ++wanted, "");
                }
                String name = "cut-" + versions + wanted + "-" + number;
                kubectl.out("create", "configmap", name);
                kubectl.out("label", "configmap", name, LABEL);
                acknowledged.add(name);
                String cut = cut(device, number, Duration.ofSeconds(100));
                device.guest.start();
                device.awaitReadyz(PATIENCE);
                assertThat(kubectl.out("get", "configmaps", "-l", LABEL, "-o", "jsonpath={.items[*].metadata.name}").split(" ")).as(cut).containsAll(acknowledged);
            }
            String version = versions + wanted;
            JsonNode last = status.await(PATIENCE, device, message -> decided(message, version));
            if (!last.at("/os/lastUpdate").asText().equals("Kept")) {
                commit = os.want(versions + ++wanted, "");
            }
            String kept = versions + wanted;
            status.await(PATIENCE, device, message -> decided(message, kept) && message.at("/os/lastUpdate").asText().equals("Kept"));
            device.awaitSynced(status, commit, PATIENCE);
            device.awaitSsh(PATIENCE);
            assertThat(device.ssh.out("cat /proc/cmdline")).contains("skerry.version=" + kept);
            assertThat(device.ssh.out("systemctl --failed --no-legend --plain")).isEmpty();
            device.awaitSynced(status, os.wantNone(), PATIENCE);
        }
        kubectl.out("delete", "configmaps", "-l", LABEL);
        return wanted + 1;
    }

    private static boolean isDecided(StatusTopic status, String version) {
        return status.messages().stream().anyMatch(message -> decided(message, version));
    }

    /** The message of the last update begins with its version. */
    private static boolean decided(JsonNode message, String version) {
        return message.at("/os/message").asText().matches("\\Q" + version + "\\E(:.*)?");
    }
}
