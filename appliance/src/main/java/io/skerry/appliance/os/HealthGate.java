package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Waits until a new version of the operating system has shown that it is as good as the old one. */
final class HealthGate {
    private final Supplier<Health> health;
    private final JsonNode before;
    private final Duration timeout;
    private final Duration settle;
    private final Duration look;

    /**
     * @param before  {@link Health#write} of the old version
     * @param timeout for becoming healthy
     * @param settle  so long it must stay so: a node is Ready for a moment before the network shows that it is not
     * @param look    between two looks; there are some hundred of them in a device's life, so they need no event
     */
    HealthGate(Supplier<Health> health, JsonNode before, Duration timeout, Duration settle, Duration look) {
        this.health = health;
        this.before = before;
        this.timeout = timeout;
        this.settle = settle;
        this.look = look;
    }

    /**
     * @param told each time that what is missing changes
     * @return "" when the version can be kept, else what was missing when the time was over
     */
    String await(Consumer<String> told) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        long wellSince = 0;
        String last = "";
        while (true) {
            String missing = health.get().worse(before);
            long now = System.nanoTime();
            if (!missing.equals(last)) {
                told.accept(missing);
                last = missing;
            }
            if (!missing.isEmpty()) {
                wellSince = 0;
            } else if (wellSince == 0) {
                wellSince = now;
            } else if (now - wellSince >= settle.toNanos()) {
                return "";
            }
            if (now >= end && !missing.isEmpty()) {
                return missing;
            }
            Thread.sleep(look);
        }
    }
}
