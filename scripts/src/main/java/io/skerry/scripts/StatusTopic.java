package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** What a fleet operator sees: every status message of the device since this was opened, the retained one first. */
final class StatusTopic implements AutoCloseable {
    private final List<JsonNode> messages = new ArrayList<>();
    private final MqttClient client;

    /** What sends the status: a process, or a device. */
    interface Sender {
        String name();

        boolean isRunning() throws IOException;

        /** The end of its log. */
        String lastWords() throws IOException;
    }

    StatusTopic(Layout layout) throws MqttException {
        client = new MqttClient(layout.mqttUrl(), "operator-" + UUID.randomUUID(), new MemoryPersistence());
        client.setCallback(new Receiver());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setAutomaticReconnect(true);
        options.setAutomaticReconnectDelay(1, 2);
        // The session outlives a restart of the broker: what comes meanwhile is not missed.
        options.setCleanStart(false);
        options.setSessionExpiryInterval(3600L);
        client.connect(options);
        client.subscribe("skerry/devices/" + SkerryServer.DEVICE + "/status", 1);
    }

    List<JsonNode> messages() {
        synchronized (messages) {
            return List.copyOf(messages);
        }
    }

    /**
     * The first message, old or new, that fits.
     *
     * @param sender who sends; when it has ended there is nothing to wait for
     * @throws IOException when none has come in time; it shows the last one
     */
    JsonNode await(Duration patience, Sender sender, Predicate<JsonNode> fits) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (messages) {
            int seen = 0;
            while (true) {
                for (; seen < messages.size(); seen++) {
                    if (fits.test(messages.get(seen))) {
                        return messages.get(seen);
                    }
                }
                if (!sender.isRunning()) {
                    throw new IOException(sender.name() + " has ended; its log ends:\n" + sender.lastWords());
                }
                long rest = (deadline - System.nanoTime()) / 1_000_000;
                if (rest <= 0) {
                    throw new IOException("no such status within " + patience.toSeconds() + " s; the last one was: "
                            + (messages.isEmpty() ? "none at all" : messages.getLast().toPrettyString()));
                }
                messages.wait(Math.min(rest, 500));
            }
        }
    }

    @Override
    public void close() throws MqttException {
        client.disconnectForcibly(0, 1000, false);
        client.close(true);
    }

    private final class Receiver implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) {
            synchronized (messages) {
                messages.add(Json.parse(message.getPayload()));
                messages.notifyAll();
            }
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {}

        @Override
        public void mqttErrorOccurred(MqttException e) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }
}
