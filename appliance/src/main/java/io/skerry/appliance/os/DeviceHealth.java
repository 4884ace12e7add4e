package io.skerry.appliance.os;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.skerry.appliance.device.DevicePaths;
import io.skerry.appliance.device.DeviceReport;
import io.skerry.controllers.runtime.Informers;
import io.skerry.gitops.GitOpsAgent;
import io.skerry.gitops.GitOpsStatus;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Looks at the running server. */
public final class DeviceHealth implements Supplier<Health> {
    /** For systemd, which is slow while it reads its units anew on a small machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final BooleanSupplier api;
    private final Informers informers;
    private final String nodeName;
    private final Supplier<Optional<GitOpsAgent>> agent;

    /**
     * @param api   whether the API server answers over its socket
     * @param agent empty on a device that keeps to no fleet repository
     */
    public DeviceHealth(BooleanSupplier api, Informers informers, String nodeName, Supplier<Optional<GitOpsAgent>> agent) {
        this.api = api;
        this.informers = informers;
        this.nodeName = nodeName;
        this.agent = agent;
    }

    @Override
    public Health get() {
        try {
            Optional<GitOpsAgent> fleet = agent.get();
            Optional<GitOpsStatus> status = fleet.map(GitOpsAgent::status);
            // A status without a time is the one from before the agent's first look.
            boolean looked = status.filter(s -> !s.since().isEmpty()).isPresent();
            boolean reaches = fleet.filter(GitOpsAgent::reachesRepository).isPresent();
            Health health = new Health(system(), api.getAsBoolean() ? "" : "the API server does not answer", node(), fleet.isPresent(), looked, reaches,
                    status.map(DeviceHealth::unhealthy).orElse(Set.of()), Network.system()).settings(DeviceReport.settings(DevicePaths.system()));
            return fleet.map(GitOpsAgent::verdict).map(verdict -> health.looked(verdict.commit(), verdict.problems().isEmpty() ? "" : verdict.problems().getFirst().toString())).orElse(health);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server goes on for a while under a systemd that hangs or has crashed, which nothing but a call that it has to answer can tell. */
    private static String system() {
        try {
            Command.run(PATIENCE, "systemctl", "show", "--property=Version");
            return "";
        } catch (IOException e) {
            return "systemd does not answer: " + e.getMessage();
        }
    }

    private String node() throws IOException {
        Node node = informers.get(Node.class, "", nodeName);
        if (node == null || node.getStatus() == null || node.getStatus().getNodeInfo() == null) {
            return "there is no node " + nodeName;
        }
        if (!TrialLog.bootId().equals(node.getStatus().getNodeInfo().getBootID())) {
            return "node " + nodeName + " has not reported since this boot";
        }
        for (NodeCondition condition : node.getStatus().getConditions()) {
            if (condition.getType().equals("Ready")) {
                return "True".equals(condition.getStatus()) ? "" : "node " + nodeName + " is not Ready: " + condition.getMessage();
            }
        }
        return "node " + nodeName + " does not say whether it is Ready";
    }

    private static Set<String> unhealthy(GitOpsStatus status) {
        Set<String> names = new TreeSet<>();
        status.targets().forEach(target -> target.unhealthy().stream().filter(object -> !object.kind().equals("OSImage"))
                .forEach(object -> names.add(object.kind() + " " + (object.namespace().isEmpty() ? "" : object.namespace() + "/") + object.name())));
        return names;
    }
}
