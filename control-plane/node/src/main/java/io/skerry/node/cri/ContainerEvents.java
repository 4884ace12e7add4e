package io.skerry.node.cri;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.events.Envelope;
import io.skerry.node.cri.events.EventsGrpc;
import io.skerry.node.cri.events.SubscribeRequest;
import io.skerry.node.cri.events.TaskEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Consumer;

/**
 * Wakes the pods when a container ends. Uses containerd's event stream rather than CRI's GetContainerEvents: it is the same in every
 * version, and tells of the end before CRI's own bookkeeping has seen it (so whoever is woken must wait for CRI to say so).
 */
public final class ContainerEvents implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ContainerEvents.class.getName());
    private static final long RECONNECT_MILLIS = 200;

    private final Cri cri;
    private final Consumer<String> ended, outOfMemory;
    private final Runnable reconnected;
    private final Thread reader;
    private volatile boolean closed;

    /**
     * @param ended       gets the id of a container or sandbox whose process has ended
     * @param outOfMemory gets the id of a container in which something was killed for lack of memory
     * @param reconnected called once at the start and after every time the stream was broken: anything may have happened
     */
    public ContainerEvents(Cri cri, Consumer<String> ended, Consumer<String> outOfMemory, Runnable reconnected) {
        this.cri = cri;
        this.ended = ended;
        this.outOfMemory = outOfMemory;
        this.reconnected = reconnected;
        reader = Thread.ofVirtual().name("container-events").start(this::read);
    }

    private void read() {
        while (!closed) {
            try (var call = Context.current().withCancellation()) {
                call.run(this::stream);
            } catch (StatusRuntimeException e) {
                if (!closed) LOG.log(Level.DEBUG, "containerd's event stream broke", e);
            }
            try {
                Thread.sleep(RECONNECT_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void stream() {
        var stream = EventsGrpc.newBlockingStub(cri.channel()).withWaitForReady()
                .subscribe(SubscribeRequest.newBuilder().addFilters("topic==\"/tasks/exit\"").addFilters("topic==\"/tasks/oom\"").build());
        reconnected.run();
        while (stream.hasNext()) {
            Envelope envelope = stream.next();
            try {
                TaskEvent event = TaskEvent.parseFrom(envelope.getEvent().getValue());
                boolean ofAnExec = !event.getId().isEmpty() && !event.getId().equals(event.getContainerId());
                if (envelope.getTopic().endsWith("/oom")) outOfMemory.accept(event.getContainerId());
                else if (!ofAnExec) ended.accept(event.getContainerId());
            } catch (InvalidProtocolBufferException e) {
                LOG.log(Level.WARNING, "an event of containerd can''t be read: {0}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        reader.interrupt();
    }
}
