package io.skerry.appliance.server;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** Has the certificates of a running server looked at now and then: it may run for longer than they are valid, and a clock may jump when the time is learned. */
final class CertificateRenewal implements AutoCloseable {
    private static final Logger LOG = System.getLogger(CertificateRenewal.class.getName());

    /** Renews what ends soon, and has it used; does nothing when all is well. */
    @FunctionalInterface interface Look {
        void look() throws IOException;
    }

    private final Look look;
    private final Duration interval;
    private final Thread thread;

    /** Starts it; the first look is after an interval, for a start looks itself. */
    CertificateRenewal(Look look, Duration interval) {
        this.look = look;
        this.interval = interval;
        thread = Thread.ofVirtual().name("certificate-renewal").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(interval);
                try {
                    look.look();
                } catch (IOException | RuntimeException e) {
                    LOG.log(Level.WARNING, "The certificates could not be renewed, which is tried again: {0}", e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "closed");
        }
    }

    /** A look that is under way is finished first. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
