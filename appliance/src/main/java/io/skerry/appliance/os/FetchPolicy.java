package io.skerry.appliance.os;

import java.time.Duration;

/**
 * How patiently an image is fetched.
 *
 * @param firstPause before a broken connection is opened again; doubles up to {@code lastPause}
 * @param tries      without a byte in between, after which it is an error
 * @param checkpoint after so many bytes they are forced to the medium, so that they need not be fetched again
 */
record FetchPolicy(Duration firstPause, Duration lastPause, int tries, int checkpoint) {
    static final FetchPolicy DEFAULT = new FetchPolicy(Duration.ofSeconds(1), Duration.ofSeconds(60), 8, 16 << 20);
}
