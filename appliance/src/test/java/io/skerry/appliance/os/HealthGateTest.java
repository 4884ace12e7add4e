package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.appliance.os.Network.Link;
import io.skerry.machinery.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class HealthGateTest {
    private static final Network ONLINE = new Network(Map.of("eth0", Link.CARRIER), Set.of("eth0"), Set.of("eth0"));
    private static final Network NOTHING = new Network(Map.of(), Set.of(), Set.of());
    private static final Health GOOD = new Health("", "", "", true, true, true, Set.of(), ONLINE);
    private static final JsonNode BEFORE = GOOD.write();

    @Test
    void asGoodAsBeforeIsGood() {
        assertThat(GOOD.worse(BEFORE)).isEmpty();
        assertThat(GOOD.worse(Json.object())).isEmpty();
        assertThat(new Health("", "", "", false, false, false, Set.of(), NOTHING).worse(Json.object())).as("a device without a fleet").isEmpty();
    }

    @Test
    void whatMustBeInAnyCase() {
        assertThat(new Health("", "the API server does not answer", "", true, true, true, Set.of(), ONLINE).worse(BEFORE)).isEqualTo("the API server does not answer");
        assertThat(new Health("", "", "node edge-1 is not Ready: x", true, true, true, Set.of(), ONLINE).worse(BEFORE)).isEqualTo("node edge-1 is not Ready: x");
        assertThat(new Health("", "", "", true, false, true, Set.of(), NOTHING).worse(BEFORE)).contains("has not looked");
    }

    /** The server's own parts run on for a while when systemd has crashed or hangs. */
    @Test
    void systemdMustAnswer() throws Exception {
        Health hung = new Health("systemd does not answer: systemctl show: no end after 20 s", "", "", true, true, true, Set.of(), ONLINE);
        assertThat(hung.worse(BEFORE)).startsWith("systemd does not answer");
        assertThat(hung.worse(Json.object())).startsWith("systemd does not answer");
        assertThat(new HealthGate(() -> hung, BEFORE, Duration.ofMillis(100), Duration.ofMillis(50), Duration.ofMillis(20)).await(text -> { })).startsWith("systemd does not answer");
    }

    @Test
    void itTakesLongerThanTheWatchdogThatResetsAMachineThatHangs() throws Exception {
        String configuration = Files.readString(Path.of("../overlays/common/root/usr/lib/systemd/system.conf.d/10-skerry.conf"));
        Matcher seconds = Pattern.compile("^RuntimeWatchdogSec=(\\d+)s$", Pattern.MULTILINE).matcher(configuration);
        assertThat(seconds.find()).isTrue();
        assertThat(OsUpdates.SETTLE).isGreaterThanOrEqualTo(Duration.ofSeconds(Integer.parseInt(seconds.group(1)) + 10));
    }

    @Test
    void whatWasUnhealthyBeforeIsNotHeldAgainstTheNewVersion() {
        Health bad = new Health("", "", "", true, true, true, Set.of("Deployment demo/a", "Deployment demo/b"), ONLINE);
        assertThat(bad.worse(BEFORE)).isEqualTo("not healthy, and healthy before: Deployment demo/a, Deployment demo/b");
        assertThat(bad.worse(bad.write())).isEmpty();
        assertThat(new Health("", "", "", true, true, true, Set.of("Deployment demo/b", "Pod demo/c"), ONLINE).worse(bad.write())).isEqualTo("not healthy, and healthy before: Pod demo/c");
    }

    @Test
    void aFleetThatIsNotReachedIsTheNewVersionsFaultUnlessTheCableIsOut() {
        assertThat(offline(ONLINE).worse(BEFORE)).isEqualTo("the fleet repository was reached before and is not now");
        assertThat(offline(new Network(Map.of("eth0", Link.UNPLUGGED), Set.of(), Set.of())).worse(BEFORE)).as("the cable is out").isEmpty();
        assertThat(offline(NOTHING).worse(BEFORE)).as("no driver").isEqualTo("the fleet repository was reached before and is not now; "
                + "there is no default route, and there was one by eth0; the network interface eth0 is gone");
        assertThat(offline(ONLINE).worse(offline(ONLINE).write())).as("offline before, too").isEmpty();
    }

    /** Nobody knows of a fleet: the network alone says it. */
    @Test
    void aNetworkThatIsLostIsToo() {
        ObjectNode before = Json.object();
        ONLINE.write(before);
        assertThat(standalone(ONLINE).worse(before)).isEmpty();
        assertThat(standalone(NOTHING).worse(before)).isEqualTo("there is no default route, and there was one by eth0; the network interface eth0 is gone");
        assertThat(standalone(new Network(Map.of("eth0", Link.SILENT), Set.of(), Set.of())).worse(before)).as("nothing brings it up, or a radio finds no network")
                .isEqualTo("there is no default route, and there was one by eth0");
        assertThat(standalone(new Network(Map.of("eth0", Link.CARRIER), Set.of("eth0"), Set.of())).worse(before)).contains("no default route");
        assertThat(standalone(new Network(Map.of("eth0", Link.UNPLUGGED), Set.of(), Set.of())).worse(before)).as("the cable is out").isEmpty();
        assertThat(standalone(new Network(Map.of("end0", Link.CARRIER), Set.of("end0"), Set.of("end0"))).worse(before)).as("another name for the same").isEmpty();
        ObjectNode isolated = Json.object();
        new Network(Map.of("eth0", Link.CARRIER), Set.of("eth0"), Set.of()).write(isolated);
        assertThat(standalone(new Network(Map.of("eth0", Link.CARRIER), Set.of(), Set.of())).worse(isolated)).isEqualTo("no network interface has an address, and before had one: eth0");
        ObjectNode none = Json.object();
        new Network(Map.of("eth0", Link.UNPLUGGED), Set.of(), Set.of()).write(none);
        assertThat(standalone(NOTHING).worse(none)).as("there was none").isEmpty();
        assertThat(standalone(NOTHING).worse(Json.parse("{\"reachesFleet\":false,\"links\":{\"eth0\":true},\"unhealthy\":[]}"))).as("what an older version wrote").isEmpty();
    }

    /** Whatever the network says: a version that has lost the fleet can be told of no other. */
    @Test
    void aDeviceThatHasLostItsFleetIsTheNewVersionsFault() {
        Network unplugged = new Network(Map.of("eth0", Link.UNPLUGGED), Set.of(), Set.of());
        assertThat(standalone(ONLINE).worse(BEFORE)).isEqualTo("the device keeps to no fleet repository, and did before");
        assertThat(standalone(unplugged).worse(BEFORE)).as("the cable is out besides").isEqualTo("the device keeps to no fleet repository, and did before");
        assertThat(standalone(ONLINE).worse(offline(ONLINE).write())).as("it was not reached before").isEqualTo("the device keeps to no fleet repository, and did before");
        assertThat(standalone(ONLINE).worse(standalone(ONLINE).write())).as("there was none").isEmpty();
        assertThat(GOOD.worse(standalone(ONLINE).write())).as("it is new").isEmpty();
        ObjectNode older = GOOD.write();
        older.remove("hasFleet");
        assertThat(standalone(ONLINE).worse(older)).as("an older version only said that it was reached").isEqualTo("the device keeps to no fleet repository, and did before");
    }

    @Test
    void aVersionThatRefusesTheSettingsIsNotKept() {
        List<String> words = List.of("file", "last-good", "earlier", "defaults");
        for (String before : words) {
            for (String now : words) {
                String worse = GOOD.settings(now).worse(GOOD.settings(before).write());
                if (words.indexOf(now) <= words.indexOf(before)) {
                    assertThat(worse).as(before + ", then " + now).isEmpty();
                } else {
                    assertThat(worse).as(before + ", then " + now).startsWith("the device runs by the settings \"" + now + "\", and did by \"" + before + "\" before");
                }
            }
        }
        assertThat(GOOD.settings("").worse(GOOD.settings("file").write())).as("no report of this boot").contains("settings");
        assertThat(GOOD.settings("defaults").worse(GOOD.write())).as("not started by an image").isEmpty();
        ObjectNode older = GOOD.write();
        older.remove("settings");
        assertThat(GOOD.settings("defaults").worse(older)).as("an older version did not say").isEmpty();
    }

    @Test
    void anAgentThatCannotKeepToTheCommitIsTheNewVersionsFault() {
        JsonNode before = GOOD.looked("c1", "").write();
        assertThat(GOOD.looked("c1", "").worse(before)).isEmpty();
        assertThat(GOOD.worse(before)).as("its fetch or its build comes to no end").isEqualTo("the GitOps agent has not looked at the fleet's newest commit yet");
        assertThat(offline(new Network(Map.of("eth0", Link.UNPLUGGED), Set.of(), Set.of())).worse(before)).as("there is none to look at").isEmpty();
        assertThat(GOOD.looked("c1", "shop/web.yaml:6: unknown field").worse(before))
                .isEqualTo("the GitOps agent cannot keep to commit c1, and could before: shop/web.yaml:6: unknown field");
        assertThat(GOOD.looked("c2", "shop/web.yaml:6: unknown field").worse(before)).as("a newer commit, which may be broken").isEmpty();
        assertThat(GOOD.looked("c1", "x").worse(GOOD.looked("c1", "x").write())).as("nor could it before").isEmpty();
        assertThat(GOOD.looked("c1", "x").worse(BEFORE)).as("an older version did not say").isEmpty();
    }

    /** A Raspberry Pi's kernel without skerry_tryboot, say. */
    @Test
    void aVersionThatWouldBeTheLastIsNotKept() {
        Health last = GOOD.cannotTry("this kernel cannot tell the firmware");
        assertThat(last.worse(BEFORE)).isEqualTo("no version after this one could be tried: this kernel cannot tell the firmware");
        assertThat(last.worse(last.write())).as("nor could one before").isEmpty();
        ObjectNode older = GOOD.write();
        older.remove("canTry");
        assertThat(last.worse(older)).as("an older version did not say").isEmpty();
    }

    @Test
    void itHasToStayWell() throws Exception {
        Health bad = new Health("", "", "node edge-1 is not Ready: starting", true, true, true, Set.of(), ONLINE);
        List<Health> seen = List.of(bad, GOOD, bad, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD);
        AtomicInteger look = new AtomicInteger();
        List<String> told = new ArrayList<>();
        Supplier<Health> health = () -> seen.get(Math.min(look.getAndIncrement(), seen.size() - 1));
        assertThat(new HealthGate(health, BEFORE, Duration.ofMinutes(1), Duration.ofMillis(120), Duration.ofMillis(50)).await(told::add)).isEmpty();
        assertThat(look.get()).as("not content with one good look").isGreaterThanOrEqualTo(6);
        assertThat(told).containsExactly("node edge-1 is not Ready: starting", "", "node edge-1 is not Ready: starting", "");
    }

    @Test
    void itEnds() throws Exception {
        Health bad = new Health("", "the API server does not answer", "", true, true, true, Set.of(), ONLINE);
        assertThat(new HealthGate(() -> bad, BEFORE, Duration.ofMillis(200), Duration.ofMillis(50), Duration.ofMillis(20)).await(text -> { })).isEqualTo("the API server does not answer");
    }

    private static Health offline(Network network) {
        return new Health("", "", "", true, true, false, Set.of(), network);
    }

    private static Health standalone(Network network) {
        return new Health("", "", "", false, false, false, Set.of(), network);
    }
}
