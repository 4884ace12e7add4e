package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Keeps the FlowSchemas and PriorityLevelConfigurations that every cluster has (upstream's pkg/registry/flowcontrol/ensurer): mandatory ones always say
 * the same, suggested ones are a user's once their annotation or their generation tells so, and what is deleted is made again. Of every FlowSchema it
 * tells in the condition Dangling whether its level exists. Requests are not queued by any of them.
 */
public final class FlowControl implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(FlowControl.class.getName());
    private static final User USER = User.master("system:apiserver");
    private static final String PATH = "/apis/" + FlowControlObjects.GROUP + "/v1/";
    private static final long WAIT_MILLIS = 3_600_000;
    private static final long AGAIN_MILLIS = 60_000;

    private final ApiHandler server;
    private final ResourceCache levels;
    private final ResourceCache schemas;
    private final ReentrantLock round = new ReentrantLock();
    private volatile List<Watcher> watchers = List.of();
    private volatile boolean failed;
    private volatile boolean closed;

    public FlowControl(ApiHandler server, WatchCache cache) {
        this.server = server;
        levels = cache.resource(FlowControlObjects.GROUP, FlowControlObjects.LEVELS);
        schemas = cache.resource(FlowControlObjects.GROUP, FlowControlObjects.SCHEMAS);
    }

    /** One task for each level. */
    List<Runnable> levels() {
        return FlowControlObjects.levels().stream().<Runnable>map(level -> () -> attempt(() -> ensure(levels, FlowControlObjects.LEVELS, level))).toList();
    }

    /** One task for each FlowSchema, to be run once the levels are there, and one that takes away what an older version suggested. */
    List<Runnable> schemas() {
        List<ObjectNode> wanted = FlowControlObjects.schemas();
        List<Runnable> tasks = new ArrayList<>(wanted.stream().<Runnable>map(schema -> () -> attempt(() -> {
            ensure(schemas, FlowControlObjects.SCHEMAS, schema);
            Entry made = schemas.get(Json.text(schema, "metadata", "name"));
            if (made != null) {
                tellDangling(made.tree());
            }
        })).toList());
        tasks.add(() -> attempt(() -> {
            dropFormer(schemas, FlowControlObjects.SCHEMAS, wanted);
            dropFormer(levels, FlowControlObjects.LEVELS, FlowControlObjects.levels());
        }));
        return tasks;
    }

    /** Objects that no version suggests any more go, unless a user has made them his own (upstream's RemoveUnwantedObjects). */
    private void dropFormer(ResourceCache cache, String plural, List<ObjectNode> wanted) {
        Set<String> names = wanted.stream().map(each -> Json.text(each, "metadata", "name")).collect(Collectors.toSet());
        for (Entry entry : cache.snapshot("").entries()) {
            String name = Json.text(entry.tree(), "metadata", "name");
            if (!names.contains(name) && Json.text(entry.tree(), "metadata", "annotations", FlowControlObjects.AUTO_UPDATE).equals("true")) {
                check(DirectCall.send(server, USER, "DELETE", PATH + plural + "/" + name, null), name);
            }
        }
    }

    /** A user's webhook or policy may stand in the way for a while: no reason not to start, it is tried again. */
    private void attempt(Runnable task) {
        if (closed) {
            return;
        }
        try {
            task.run();
        } catch (RuntimeException e) {
            if (!failed && !closed) {
                LOG.log(System.Logger.Level.WARNING, "FlowSchemas and priority levels are not all as they should be, which is tried again: {0}", e.getMessage());
            }
            failed = true;
        }
    }

    /** From now on, changes are answered to as they come. */
    public void follow() {
        watchers = List.of(levels.follow("").watcher(), schemas.follow("").watcher());
        watchers.forEach(watcher -> Thread.ofVirtual().name("flow-control").start(() -> run(watcher)));
    }

    private void run(Watcher watcher) {
        try {
            while (!watcher.isEnded()) {
                if (watcher.poll(failed ? AGAIN_MILLIS : WAIT_MILLIS) != null || failed && !closed) {
                    while (watcher.poll(0) != null) {
                        // one round answers to all changes that came meanwhile
                    }
                    keep();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void keep() {
        round.lock();
        try {
            failed = false;
            levels().forEach(Runnable::run);
            schemas().forEach(Runnable::run);
            schemas.snapshot("").entries().forEach(entry -> attempt(() -> tellDangling(entry.tree())));
        } finally {
            round.unlock();
        }
    }

    private void ensure(ResourceCache cache, String plural, ObjectNode wanted) {
        String name = Json.text(wanted, "metadata", "name");
        Entry entry = cache.get(name);
        if (entry == null) {
            check(DirectCall.send(server, USER, "POST", PATH + plural, wanted), name);
            return;
        }
        ObjectNode present = entry.tree();
        boolean mandatory = FlowControlObjects.MANDATORY.contains(name);
        String told = Json.text(present, "metadata", "annotations", FlowControlObjects.AUTO_UPDATE);
        boolean ours = mandatory || (told.equals("true") || told.equals("false") ? told.equals("true") : present.path("metadata").path("generation").asInt() == 1);
        boolean changed = false;
        if (!told.equals(Boolean.toString(ours))) {
            Json.ensureObject(present, "metadata", "annotations").put(FlowControlObjects.AUTO_UPDATE, Boolean.toString(ours));
            changed = true;
        }
        if (ours && !Values.same(compared(present, name), compared(wanted, name))) {
            present.set("spec", wanted.get("spec"));
            changed = true;
        }
        if (changed) {
            check(DirectCall.send(server, USER, "PUT", PATH + plural + "/" + name, present), name);
        }
    }

    /** A spec without what a user may set of the level exempt: its shares. */
    private static JsonNode compared(ObjectNode object, String name) {
        JsonNode spec = object.path("spec");
        return name.equals(FlowControlObjects.EXEMPT) && spec.has("exempt") ? ((ObjectNode) spec.deepCopy()).without("exempt") : spec;
    }

    /** {@code kubectl get flowschemas} shows it as MISSINGPL. */
    private void tellDangling(ObjectNode schema) {
        String level = Json.text(schema, "spec", "priorityLevelConfiguration", "name");
        boolean exists = levels.get(level) != null;
        ObjectNode condition = Json.object().put("type", "Dangling").put("status", exists ? "False" : "True").put("lastTransitionTime", Pipeline.now().toString())
                .put("reason", exists ? "Found" : "NotFound").put("message", "This FlowSchema references the PriorityLevelConfiguration object named \"" + level
                        + "\" " + (exists ? "and it exists" : "but there is no such object"));
        ArrayNode conditions = Json.array();
        for (JsonNode present : Json.at(schema, "status", "conditions")) {
            if (!Json.text(present, "type").equals("Dangling")) {
                conditions.add(present);
            } else if (present.path("status").equals(condition.path("status"))) {
                if (present.path("message").equals(condition.path("message"))) {
                    return;
                }
                condition.set("lastTransitionTime", present.path("lastTransitionTime"));
            }
        }
        Json.ensureObject(schema, "status").set("conditions", conditions.add(condition));
        String name = Json.text(schema, "metadata", "name");
        check(DirectCall.send(server, USER, "PUT", PATH + FlowControlObjects.SCHEMAS + "/" + name + "/status", schema), name);
    }

    /** What changed or went meanwhile wakes this again. */
    private static void check(DirectCall.Answer answer, String name) {
        if (answer.code() >= 300 && answer.code() != 409 && answer.code() != 404) {
            throw new IllegalStateException("cannot set up " + name + ": " + Json.text(answer.body(), "message"));
        }
    }

    /** Waits a moment for a write that is under way, which the datastore is to outlive. */
    @Override
    public void close() {
        closed = true;
        watchers.forEach(Watcher::close);
        try {
            if (round.tryLock(1, TimeUnit.SECONDS)) {
                round.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
