package io.skerry.appliance.cli;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.skerry.appliance.UserError;
import io.skerry.appliance.config.CommonOptions;
import io.skerry.appliance.device.DevicePaths;
import io.skerry.appliance.device.DeviceReport;
import io.skerry.appliance.device.usb.UsbJournal;
import io.skerry.datastore.SqliteSnapshots;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code skerry status}: on one screen, whether this device is well. Exit code 1 when it is not. */
@Command(name = "status", mixinStandardHelpOptions = true,
        description = "Show the node, pods that are not well, and how the device stands against its fleet repository.")
public final class StatusCommand implements Callable<Integer> {
    private static final String UNREADABLE = "skerry_unreadable_object{key=\"";

    @Mixin
    CommonOptions options = new CommonOptions();

    @Override
    public Integer call() {
        boolean device = DeviceReport.print(DevicePaths.system(), System.out);
        stick(DevicePaths.system(), System.out);
        restored(options.datastore(), System.out);
        boolean synced = FleetStatus.print(options.gitopsDir(), System.out);
        return print(options.kubeconfig(), System.out) && synced && device ? 0 : 1;
    }

    /** What became of the last USB stick, good or bad: somebody on site may be waiting to hear it. */
    private static void stick(DevicePaths paths, PrintStream out) {
        try {
            new UsbJournal(paths).last().ifPresent(entry -> out.printf("usb      %s %s (%s): %s%n", entry.name(), entry.state().name().toLowerCase(Locale.ROOT),
                    entry.at().truncatedTo(ChronoUnit.SECONDS), entry.message()));
        } catch (IOException e) {
            out.println("usb      the journal cannot be read: " + e.getMessage());
        }
    }

    /** Until the file is deleted: what was written between the snapshot and the restore is in it alone. */
    private static void restored(Path database, PrintStream out) {
        if (database != null) {
            new SqliteSnapshots(database, Clock.systemUTC()).replaced().ifPresent(replaced ->
                    out.printf("state    was replaced by a snapshot at %s; the former file is %s%n", replaced.at(), replaced.file()));
        }
    }

    private static boolean print(Path kubeconfig, PrintStream out) {
        Config config;
        try {
            config = Config.fromKubeconfig(Files.readString(kubeconfig));
        } catch (IOException e) {
            throw new UserError("cannot read " + kubeconfig + ": is this device's server set up, and are --data-dir and the user the right ones?", e);
        }
        config.setRequestRetryBackoffLimit(0);
        config.setConnectionTimeout(3000);
        config.setRequestTimeout(10_000);
        try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).withHttpClientFactory(new JdkHttpClientFactory()).build()) {
            boolean well = true;
            for (Node node : client.nodes().list().getItems()) {
                boolean ready = isReady(node);
                well &= ready;
                out.printf("node     %s is %s%n", node.getMetadata().getName(), ready ? "Ready" : "NotReady");
            }
            well &= damaged(client.raw("/metrics"), out);
            List<Pod> pods = client.pods().inAnyNamespace().list().getItems();
            List<Pod> unwell = pods.stream().filter(pod -> !isWell(pod))
                    .sorted(Comparator.comparing(pod -> pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName())).toList();
            out.printf("pods     %d, of which %d well%n", pods.size(), pods.size() - unwell.size());
            for (Pod pod : unwell) {
                out.printf("         %s/%s: %s%n", pod.getMetadata().getNamespace(), pod.getMetadata().getName(), reason(pod));
            }
            return well && unwell.isEmpty();
        } catch (KubernetesClientException e) {
            throw new UserError("the API server at " + config.getMasterUrl() + " does not answer: " + e.getMessage() + "; is skerry server running?", e);
        }
    }

    /** Objects that the disk has damaged: the server leaves them out, and goes on. */
    static boolean damaged(String metrics, PrintStream out) {
        List<String> keys = metrics.lines().filter(line -> line.startsWith(UNREADABLE)).map(line -> line.substring(UNREADABLE.length(), line.lastIndexOf('"'))).toList();
        keys.forEach(key -> out.printf("state    %s cannot be read: make the object anew or delete it, or restore a snapshot (skerry snapshot list)%n", key));
        return keys.isEmpty();
    }

    private static boolean isReady(Node node) {
        return node.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready") && "True".equals(condition.getStatus()));
    }

    private static boolean isWell(Pod pod) {
        return "Succeeded".equals(pod.getStatus().getPhase()) || pod.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready") && "True".equals(condition.getStatus()));
    }

    private static String reason(Pod pod) {
        for (ContainerStatus container : pod.getStatus().getContainerStatuses()) {
            if (container.getState() != null && container.getState().getWaiting() != null) {
                return container.getName() + " is waiting: " + container.getState().getWaiting().getReason();
            }
        }
        return pod.getStatus().getPhase() + " but not ready";
    }
}
