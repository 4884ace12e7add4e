package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.node.pods.Allocations.Amount;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class AllocationsTest {
    private final Allocations node = new Allocations(new Amount(4000, 1000));
    private final List<String> woken = new ArrayList<>();

    private String resize(String uid, long cpu, long memory) {
        return node.resize(uid, new Amount(cpu, memory), () -> woken.add(uid)).map(r -> r.reason() + ": " + r.message()).orElse("given");
    }

    @Test
    void givesWhatIsLeftAndSaysWhatIsMissing() {
        node.add("a", new Amount(1000, 300));
        node.add("b", new Amount(2000, 300));
        node.complete();
        assertThat(resize("a", 2000, 700)).isEqualTo("given");
        assertThat(resize("a", 2500, 700)).isEqualTo("Deferred: Node didn't have enough resource: cpu, requested: 2500, used: 2000, capacity: 4000");
        assertThat(resize("a", 2000, 701)).isEqualTo("Deferred: Node didn't have enough resource: memory, requested: 701, used: 300, capacity: 1000");
        assertThat(resize("a", 4001, 700)).isEqualTo("Infeasible: Node didn't have enough capacity: cpu, requested: 4001, capacity: 4000");
        assertThat(resize("a", 9999, 1001)).isEqualTo("Infeasible: Node didn't have enough capacity: memory, requested: 1001, capacity: 1000");
        assertThat(resize("b", 2001, 300)).as("what was refused is not counted, what was given is").startsWith("Deferred: Node didn't have enough resource: cpu, requested: 2001, used: 2000");
    }

    @Test
    void wakesWhoWasRefusedWhenThereIsMoreRoom() {
        node.add("a", new Amount(1000, 0));
        node.add("b", new Amount(3000, 0));
        node.complete();
        Supplier<String> again = () -> resize("a", 2000, 0);
        assertThat(again.get()).startsWith("Deferred");
        assertThat(resize("b", 3000, 100)).isEqualTo("given");
        assertThat(woken).isEmpty();
        assertThat(resize("b", 2500, 100)).isEqualTo("given");
        assertThat(woken).containsExactly("a");
        assertThat(again.get()).startsWith("Deferred");
        node.release("b");
        assertThat(woken).containsExactly("a", "a");
        assertThat(again.get()).isEqualTo("given");
    }

    @Test
    void knowsNothingBeforeItKnowsAllItsPods() {
        node.add("a", new Amount(1000, 0));
        assertThat(resize("a", 2000, 0)).isEqualTo("null: null");
        node.add("b", new Amount(3000, 0));
        node.complete();
        assertThat(woken).containsExactly("a");
        assertThat(resize("a", 2000, 0)).startsWith("Deferred");
    }

    @Test
    void wantingLessIsNeverRefused() {
        node.add("a", new Amount(3000, 800));
        node.add("b", new Amount(3000, 800));
        node.complete();
        assertThat(resize("a", 2000, 800)).isEqualTo("given");
    }
}
