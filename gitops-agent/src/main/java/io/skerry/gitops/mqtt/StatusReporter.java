package io.skerry.gitops.mqtt;

import io.skerry.gitops.GitOpsConfig;
import io.skerry.gitops.GitOpsStatus;
import io.skerry.gitops.journal.Journal;
import io.skerry.gitops.journal.Journal.Message;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/**
 * Sends the device's status to the broker, in order. A status goes into the journal's outbox first and leaves it when the broker has
 * acknowledged it, so none is lost while the broker is away or the power is cut.
 */
public final class StatusReporter implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(StatusReporter.class.getName());
    private static final Duration ACKNOWLEDGE = Duration.ofSeconds(20);
    private static final long FIRST_RETRY_MILLIS = 500;
    private static final long LAST_RETRY_MILLIS = 60_000;
    /** While the device progresses its status changes with every pod; the broker needs not see each. */
    private static final Duration PROGRESS_PAUSE = Duration.ofMillis(500);

    private final GitOpsConfig config;
    private final MqttConfig mqtt;
    private final Journal journal;
    private final String statusTopic;
    private final String connectionTopic;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile boolean closed;
    private Thread thread;

    // Guarded by the lock.
    private GitOpsStatus newest;
    private GitOpsStatus enqueued;
    private long enqueuedAt;
    private boolean lost;

    public StatusReporter(GitOpsConfig config, MqttConfig mqtt, Journal journal) {
        this.config = config;
        this.mqtt = mqtt;
        this.journal = journal;
        this.statusTopic = "skerry/devices/" + config.device() + "/status";
        this.connectionTopic = "skerry/devices/" + config.device() + "/connection";
    }

    public void start() {
        thread = Thread.ofVirtual().name("gitops-mqtt").start(this::run);
    }

    /** Takes a status for sending; returns at once. */
    public void report(GitOpsStatus status) {
        lock.lock();
        try {
            newest = status;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        long retry = FIRST_RETRY_MILLIS;
        String said = "";
        while (!closed) {
            try {
                try (Connection connection = new Connection()) {
                    if (!said.isEmpty()) LOG.log(Level.INFO, "The MQTT broker {0} is reachable again; {1} messages waited", mqtt.url(), journal.waiting());
                    said = "";
                    retry = FIRST_RETRY_MILLIS;
                    connection.send();
                } catch (MqttException | IOException | GeneralSecurityException e) {
                    String problem = explain(e);
                    if (!problem.equals(said)) LOG.log(Level.WARNING, "The MQTT broker {0} can''t be used: {1}; the status is kept until it can", mqtt.url(), problem);
                    said = problem;
                }
                awaitRetry(retry + ThreadLocalRandom.current().nextLong(retry / 2));
                retry = Math.min(retry * 2, LAST_RETRY_MILLIS);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "Reporting the status stumbled and is tried again", e);
            }
        }
    }

    private static String explain(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) cause = cause.getCause();
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** Without a connection, what is reported still goes into the outbox. */
    private void awaitRetry(long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (System.nanoTime() < end) {
            long pause = enqueue();
            lock.lockInterruptibly();
            try {
                long left = Math.min(end - System.nanoTime(), pause);
                if (left > 0) changed.awaitNanos(left);
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Puts the newest status into the outbox when it says something new.
     *
     * @return nanoseconds until that may be worth while again without a signal
     */
    private long enqueue() {
        GitOpsStatus status;
        lock.lock();
        try {
            if (newest == null || newest.equals(enqueued)) return Long.MAX_VALUE;
            boolean progress = enqueued != null && newest.state() == enqueued.state() && newest.commitApplied().equals(enqueued.commitApplied()) && newest.errors().equals(enqueued.errors());
            long wait = enqueuedAt + PROGRESS_PAUSE.toNanos() - System.nanoTime();
            if (progress && wait > 0) return wait;
            status = newest;
            enqueued = newest;
            enqueuedAt = System.nanoTime();
        } finally {
            lock.unlock();
        }
        Instant now = Instant.now();
        long before = journal.dropped();
        journal.enqueue(sequence -> StatusMessage.write(config, status, sequence, now), mqtt.outboxLimit());
        if (journal.dropped() > before && before == 0) {
            LOG.log(Level.WARNING, "The outbox holds {0} messages; from now on the oldest are dropped", mqtt.outboxLimit());
        }
        return Long.MAX_VALUE;
    }

    @Override
    public void close() {
        closed = true;
        if (thread == null) return;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Connection implements MqttCallback, AutoCloseable {

        private final MqttAsyncClient client;

        Connection() throws MqttException, IOException, GeneralSecurityException {
            String url = mqtt.url().replaceFirst("^mqtt://", "tcp://").replaceFirst("^mqtts://", "ssl://").replaceFirst("/$", "");
            client = new MqttAsyncClient(url, "skerry-" + config.device(), new MemoryPersistence());
            client.setCallback(this);
            lock.lock();
            lost = false;
            lock.unlock();
            try {
                client.connect(options()).waitForCompletion(ACKNOWLEDGE.toMillis());
                publish(connectionTopic, "online".getBytes(StandardCharsets.UTF_8));
            } catch (MqttException | IOException | GeneralSecurityException | RuntimeException e) {
                discard();
                throw e;
            }
        }

        private MqttConnectionOptions options() throws IOException, GeneralSecurityException {
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setAutomaticReconnect(false);
            options.setCleanStart(true);
            options.setKeepAliveInterval(60);
            options.setConnectionTimeout((int) ACKNOWLEDGE.toSeconds());
            MqttMessage will = new MqttMessage("offline".getBytes(StandardCharsets.UTF_8), 1, true, new MqttProperties());
            options.setWill(connectionTopic, will);
            mqtt.username().ifPresent(options::setUserName);
            mqtt.password().ifPresent(password -> options.setPassword(password.getBytes(StandardCharsets.UTF_8)));
            if (mqtt.url().startsWith("ssl:") || mqtt.url().startsWith("mqtts:")) options.setSocketFactory(Tls.socketFactory(mqtt));
            return options;
        }

        /** Sends until the connection is lost. */
        void send() throws MqttException, InterruptedException {
            long heartbeatAt = System.nanoTime() + mqtt.heartbeat().toNanos();
            while (true) {
                long pause = enqueue();
                Optional<Message> message = journal.oldest();
                if (message.isPresent()) {
                    publish(statusTopic, message.get().payload());
                    journal.delivered(message.get());
                    heartbeatAt = System.nanoTime() + mqtt.heartbeat().toNanos();
                    continue;
                }
                if (System.nanoTime() >= heartbeatAt) {
                    heartbeat();
                    heartbeatAt = System.nanoTime() + mqtt.heartbeat().toNanos();
                }
                lock.lockInterruptibly();
                try {
                    if (lost) return;
                    boolean nothingNew = newest == null || newest.equals(enqueued) || pause != Long.MAX_VALUE;
                    if (nothingNew) changed.awaitNanos(Math.min(pause, heartbeatAt - System.nanoTime()));
                    if (lost) return;
                } finally {
                    lock.unlock();
                }
            }
        }

        /** The same status again, under its old sequence number: it says nothing new and needs no place in the outbox. */
        private void heartbeat() throws MqttException {
            GitOpsStatus status;
            lock.lock();
            try {
                status = enqueued;
            } finally {
                lock.unlock();
            }
            if (status != null) publish(statusTopic, StatusMessage.write(config, status, journal.lastSequence(), Instant.now()));
        }

        /** Returns when the broker has acknowledged it. */
        private void publish(String topic, byte[] payload) throws MqttException {
            IMqttToken token = client.publish(topic, payload, 1, true);
            token.waitForCompletion(ACKNOWLEDGE.toMillis());
            if (!token.isComplete()) throw new MqttException(MqttClientException.REASON_CODE_CLIENT_TIMEOUT);
        }

        private void discard() {
            try {
                client.disconnectForcibly(0, 100, false);
            } catch (MqttException e) {
                // It was not connected.
            }
            try {
                client.close(true);
            } catch (MqttException e) {
                LOG.log(Level.DEBUG, "Closing the MQTT client failed: {0}", e.getMessage());
            }
        }

        @Override
        public void close() {
            boolean interrupted = Thread.interrupted();
            try {
                if (client.isConnected()) {
                    // An orderly end takes the will away, so say what it would have said.
                    publish(connectionTopic, "offline".getBytes(StandardCharsets.UTF_8));
                    client.disconnect().waitForCompletion(TimeUnit.SECONDS.toMillis(2));
                }
            } catch (MqttException e) {
                LOG.log(Level.DEBUG, "Saying good-bye to the broker failed: {0}", e.getMessage());
            } finally {
                discard();
                if (interrupted) Thread.currentThread().interrupt();
            }
        }

        private void gone() {
            lock.lock();
            try {
                lost = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            gone();
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            gone();
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }
}
