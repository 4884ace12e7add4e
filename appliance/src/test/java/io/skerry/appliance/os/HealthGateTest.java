package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class HealthGateTest {
    private static final Health GOOD = new Health("", "", true, true, true, Set.of(), Map.of("eth0", true));
    private static final JsonNode BEFORE = GOOD.write();

    @Test
    void asGoodAsBeforeIsGood() {
        assertThat(GOOD.worse(BEFORE)).isEmpty();
        assertThat(GOOD.worse(Json.object())).isEmpty();
        assertThat(new Health("", "", false, false, false, Set.of(), Map.of()).worse(Json.object())).as("a device without a fleet").isEmpty();
    }

    @Test
    void whatMustBeInAnyCase() {
        assertThat(new Health("the API server does not answer", "", true, true, true, Set.of(), Map.of()).worse(BEFORE)).isEqualTo("the API server does not answer");
        assertThat(new Health("", "node edge-1 is not Ready: x", true, true, true, Set.of(), Map.of()).worse(BEFORE)).isEqualTo("node edge-1 is not Ready: x");
        assertThat(new Health("", "", true, false, true, Set.of(), Map.of()).worse(BEFORE)).contains("has not looked");
    }

    @Test
    void whatWasUnhealthyBeforeIsNotHeldAgainstTheNewVersion() {
        Health bad = new Health("", "", true, true, true, Set.of("Deployment demo/a", "Deployment demo/b"), Map.of("eth0", true));
        assertThat(bad.worse(BEFORE)).isEqualTo("not healthy, and healthy before: Deployment demo/a, Deployment demo/b");
        assertThat(bad.worse(bad.write())).isEmpty();
        assertThat(new Health("", "", true, true, true, Set.of("Deployment demo/b", "Pod demo/c"), Map.of()).worse(bad.write())).isEqualTo("not healthy, and healthy before: Pod demo/c");
    }

    @Test
    void aLostNetworkIsTheNewVersionsFaultUnlessTheCableIsOut() {
        assertThat(offline(Map.of("eth0", true)).worse(BEFORE)).isEqualTo("the fleet repository was reached before and is not now");
        assertThat(offline(Map.of("eth0", false)).worse(BEFORE)).as("the cable is out").isEmpty();
        assertThat(offline(Map.of()).worse(BEFORE)).as("no driver").contains("the network interface eth0 is gone");
        assertThat(offline(Map.of("eth0", true)).worse(offline(Map.of("eth0", true)).write())).as("offline before, too").isEmpty();
    }

    @Test
    void itHasToStayWell() throws Exception {
        Health bad = new Health("", "node edge-1 is not Ready: starting", true, true, true, Set.of(), Map.of("eth0", true));
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
        Health bad = new Health("the API server does not answer", "", true, true, true, Set.of(), Map.of());
        assertThat(new HealthGate(() -> bad, BEFORE, Duration.ofMillis(200), Duration.ofMillis(50), Duration.ofMillis(20)).await(text -> { })).isEqualTo("the API server does not answer");
    }

    private static Health offline(Map<String, Boolean> links) {
        return new Health("", "", true, true, false, Set.of(), links);
    }
}
