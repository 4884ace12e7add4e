package io.skerry.appliance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class CertificateRenewalTest {
    @Test
    void looksAgainAfterAFailureAndNoMoreWhenClosed() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        CertificateRenewal renewal = new CertificateRenewal(() -> {
            switch (looks.incrementAndGet()) {
                case 1 -> throw new IOException("No space left on device");
                case 2 -> throw new IllegalStateException("unexpected");
                default -> {
                    // well
                }
            }
        }, Duration.ofMillis(20));
        Awaitility.await().until(() -> looks.get() >= 4);
        renewal.close();
        int last = looks.get();
        Thread.sleep(100);
        assertThat(looks).hasValue(last);
    }

    @Test
    void doesNotLookAtOnce() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        try (CertificateRenewal _ = new CertificateRenewal(looks::incrementAndGet, Duration.ofMinutes(10))) {
            Thread.sleep(100);
        }
        assertThat(looks).hasValue(0);
    }
}
