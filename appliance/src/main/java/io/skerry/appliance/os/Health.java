package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.appliance.device.SettingsStore;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * How the device is, as far as an update of its operating system may have changed it.
 *
 * @param system       "" when systemd answers, else why not
 * @param api          "" when the API server answers, else why not
 * @param node         "" when the node of this boot is Ready, else why not
 * @param agent        whether a GitOps agent runs, and has looked at the cluster
 * @param hasFleet     whether the device keeps to a fleet repository
 * @param reachesFleet whether the repository could be reached at the last fetch
 * @param commit       the newest commit that the agent has looked at since it was started; "" when there is none
 * @param trouble      why the agent cannot keep to that one; "" when it can
 * @param unhealthy    objects of the applied commit that are not healthy, without the OSImage
 * @param settings     what the device runs by, as in its report ({@link SettingsStore.Source}); "" where no image has been started
 * @param cannotTry    why no further version could be tried ({@link BootLoader#cannotTry}); "" when one could
 */
record Health(String system, String api, String node, boolean hasFleet, boolean agent, boolean reachesFleet, String commit, String trouble, Set<String> unhealthy, Network network,
        String settings, String cannotTry) {
    Health(String system, String api, String node, boolean hasFleet, boolean agent, boolean reachesFleet, Set<String> unhealthy, Network network) {
        this(system, api, node, hasFleet, agent, reachesFleet, "", "", unhealthy, network, "", "");
    }

    Health cannotTry(String why) {
        return new Health(system, api, node, hasFleet, agent, reachesFleet, commit, trouble, unhealthy, network, settings, why);
    }

    Health settings(String source) {
        return new Health(system, api, node, hasFleet, agent, reachesFleet, commit, trouble, unhealthy, network, source, cannotTry);
    }

    Health looked(String at, String withTrouble) {
        return new Health(system, api, node, hasFleet, agent, reachesFleet, at, withTrouble, unhealthy, network, settings, cannotTry);
    }

    /** Whether it reaches what it is to reach, as far as it knows. */
    boolean isOnline() {
        return !network.routed().isEmpty() && (reachesFleet || !hasFleet);
    }

    /** What the new version must match: to be kept over the reboot. */
    ObjectNode write() {
        ObjectNode out = Json.object().put("hasFleet", hasFleet).put("reachesFleet", reachesFleet).put("settings", settings).put("canTry", cannotTry.isEmpty());
        if (!commit.isEmpty() && trouble.isEmpty()) {
            out.put("goodCommit", commit);
        }
        network.write(out);
        unhealthy.forEach(out.putArray("unhealthy")::add);
        return out;
    }

    /**
     * What is worse than before, or must be in any case: in one line, "" when the version can be kept.
     *
     * <p>A fleet repository that was reached before and is not now counts as worse, and so does a machine that had a default route or an
     * address and has none, unless the cable is out: a version that has lost its way to the world could never be mended from there. So a
     * link that happens to be down for the whole of the gate's time costs the update, which is the lesser evil. Likewise a version on which
     * no other could be tried, as a kernel without its module for that: it would be the device's last. And one whose agent cannot keep to
     * the commit that the old one kept to, or gets to no end with the one that it fetched, or that keeps to no fleet repository any more:
     * no commit could name another version. And one that refuses the settings that the old one took, whatever they were.
     *
     * @param before as {@link #write} wrote it; an empty object when nothing is known
     */
    String worse(JsonNode before) {
        List<String> wrong = new ArrayList<>();
        for (String must : List.of(system, api, node)) {
            if (!must.isEmpty()) {
                wrong.add(must);
            }
        }
        if (!hasFleet && before.path("hasFleet").asBoolean(before.path("reachesFleet").asBoolean())) {
            wrong.add("the device keeps to no fleet repository, and did before");
        }
        if (isWorse(settings, before.path("settings").asText())) {
            wrong.add("the device runs by the settings \"" + settings + "\", and did by \"" + before.path("settings").asText() + "\" before: skerry status says why");
        }
        if (hasFleet && !agent) {
            wrong.add("the GitOps agent has not looked at the cluster yet");
        }
        if (reachesFleet && before.has("goodCommit")) {
            if (commit.isEmpty()) {
                wrong.add("the GitOps agent has not looked at the fleet's newest commit yet");
            } else if (!trouble.isEmpty() && commit.equals(before.path("goodCommit").asText())) {
                wrong.add("the GitOps agent cannot keep to commit " + commit + ", and could before: " + trouble);
            }
        }
        if (!cannotTry.isEmpty() && before.path("canTry").asBoolean()) {
            wrong.add("no version after this one could be tried: " + cannotTry);
        }
        if (!network.isUnplugged(before)) {
            network(before, wrong);
        }
        Set<String> news = new TreeSet<>(unhealthy);
        before.path("unhealthy").forEach(object -> news.remove(object.asText()));
        if (before.has("unhealthy") && !news.isEmpty()) {
            wrong.add("not healthy, and healthy before: " + String.join(", ", news));
        }
        return String.join("; ", wrong);
    }

    private static boolean isWorse(String settings, String before) {
        List<String> words = Stream.of(SettingsStore.Source.values()).map(SettingsStore.Source::word).toList();
        return words.contains(before) && (!words.contains(settings) || words.indexOf(settings) > words.indexOf(before));
    }

    private void network(JsonNode before, List<String> wrong) {
        List<String> lost = new ArrayList<>();
        if (hasFleet && !reachesFleet && before.path("reachesFleet").asBoolean()) {
            lost.add("the fleet repository was reached before and is not now");
        }
        if (!network.lost(before).isEmpty()) {
            lost.add(network.lost(before));
        }
        List<String> gone = network.gone(before);
        if (!lost.isEmpty() && !gone.isEmpty()) {
            lost.add("the network interface " + String.join(", ", gone) + " is gone");
        }
        wrong.addAll(lost);
    }
}
