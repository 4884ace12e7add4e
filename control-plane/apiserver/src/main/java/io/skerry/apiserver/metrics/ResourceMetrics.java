package io.skerry.apiserver.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.Result;
import io.skerry.apiserver.verbs.Selection;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * metrics.k8s.io/v1beta1: what nodes and pods use, for {@code kubectl top} and autoscalers (k8s.io/metrics). Nothing is stored: nodes measure when
 * somebody asks. What a node cannot tell is left out, as metrics-server does.
 */
public final class ResourceMetrics {
    public static final String GROUP = "metrics.k8s.io";
    private static final System.Logger LOG = System.getLogger(ResourceMetrics.class.getName());

    private final Store store;
    private final NodeLocator locator;
    private final Others others;
    private final ServedType nodeType;
    private final ServedType podType;

    /** What other servers on the datastore tell of their nodes. */
    @FunctionalInterface
    public interface Others {
        /** A node's answer at {@code /stats/summary}; nothing when no living server has the node. */
        Optional<JsonNode> summary(String node) throws IOException, InterruptedException;
    }

    /** @param nodeType core/v1's Node; @param podType core/v1's Pod */
    public ResourceMetrics(Store store, NodeLocator locator, Others others, ServedType nodeType, ServedType podType) {
        this.store = store;
        this.locator = locator;
        this.others = others;
        this.nodeType = nodeType;
        this.podType = podType;
    }

    /** get and list of NodeMetrics. */
    public Result nodes(Call call) {
        List<Entry> nodes = selected(call, nodeType);
        Map<String, NodeUsage> usage = usage(nodes.stream().map(Entry::name).collect(Collectors.toSet()));
        ArrayNode items = Json.MAPPER.createArrayNode();
        for (Entry node : nodes) {
            if (usage.get(node.name()) instanceof NodeUsage its) {
                ObjectNode item = measured(call, node.tree(), its.node());
                amounts(item, its.node());
                items.add(item);
            }
        }
        return answer(call, items, "nodemetrics");
    }

    /** get and list of PodMetrics: of running pods that have a running container. */
    public Result pods(Call call) {
        List<ObjectNode> pods = selected(call, podType).stream().map(Entry::tree).filter(p -> Json.text(p, "status", "phase").equals("Running")).toList();
        Map<String, NodeUsage> usage = usage(pods.stream().map(p -> Json.text(p, "spec", "nodeName")).collect(Collectors.toSet()));
        Map<String, List<NodeUsage.ContainerUsage>> byPod = usage.values().stream().map(NodeUsage::containers).flatMap(List::stream)
                .collect(Collectors.groupingBy(NodeUsage.ContainerUsage::podUid));
        ArrayNode items = Json.MAPPER.createArrayNode();
        for (ObjectNode pod : pods) {
            List<NodeUsage.ContainerUsage> containers = byPod.getOrDefault(Json.text(pod, "metadata", "uid"), List.of());
            if (containers.isEmpty()) {
                continue;
            }
            ObjectNode item = measured(call, pod, containers.stream().map(NodeUsage.ContainerUsage::usage).min(Comparator.comparing(NodeUsage.Usage::time)).orElseThrow());
            ArrayNode parts = item.putArray("containers");
            containers.stream().sorted(Comparator.comparing(NodeUsage.ContainerUsage::container))
                    .forEach(c -> amounts(parts.addObject().put("name", c.container()), c.usage()));
            items.add(item);
        }
        return answer(call, items, "podmetrics");
    }

    private List<Entry> selected(Call call, ServedType type) {
        if (call.info().verb().equals("get")) {
            Entry entry = store.get(type, call.key());
            return entry == null ? List.of() : List.of(entry);
        }
        Selection selection = Selection.of(call);
        return store.cache(type).snapshot(selection.prefix()).entries().stream().filter(selection::matches).toList();
    }

    private static Result answer(Call call, ArrayNode items, String resource) {
        if (call.info().verb().equals("get")) {
            if (items.isEmpty()) {
                throw ApiException.notFound(GROUP, resource, call.info().name());
            }
            return Result.of(200, (ObjectNode) items.get(0));
        }
        ObjectNode list = Json.object().put("kind", call.type().type().listKind()).put("apiVersion", call.type().type().apiVersion());
        list.putObject("metadata");
        list.set("items", items);
        return Result.of(200, list);
    }

    /** By node; asked all at once, since each may take a second. */
    private Map<String, NodeUsage> usage(Collection<String> names) {
        Map<String, NodeUsage> found = new ConcurrentHashMap<>();
        Set<Thread> asking = names.stream().map(name -> Thread.ofVirtual().name("usage of " + name).start(() -> {
            try {
                Optional<NodeStreams> node = locator.node(name);
                Optional<NodeUsage> usage = node.isPresent() ? Optional.of(node.get().usage()) : others.summary(name).map(SummaryUsage::of);
                usage.ifPresent(its -> found.put(name, its));
            } catch (NodeStreamException | IOException | DateTimeParseException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "node " + name + " does not tell what it uses: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        })).collect(Collectors.toSet());
        try {
            for (Thread thread : asking) {
                thread.join();
            }
        } catch (InterruptedException e) {
            asking.forEach(Thread::interrupt);
            Thread.currentThread().interrupt();
            throw ApiException.serviceUnavailable("interrupted while waiting for the nodes' figures");
        }
        return new HashMap<>(found);
    }

    private static ObjectNode measured(Call call, ObjectNode of, NodeUsage.Usage usage) {
        ObjectNode item = Json.object().put("kind", call.type().kind()).put("apiVersion", call.type().type().apiVersion());
        ObjectNode metadata = item.putObject("metadata").put("name", Json.text(of, "metadata", "name"));
        if (call.type().namespaced()) {
            metadata.put("namespace", Json.text(of, "metadata", "namespace"));
        }
        metadata.put("creationTimestamp", seconds(Instant.now()));
        JsonNode labels = Json.at(of, "metadata", "labels");
        if (!labels.isEmpty()) {
            metadata.set("labels", labels);
        }
        return item.put("timestamp", seconds(usage.time())).put("window", GoDuration.format(usage.window()));
    }

    private static void amounts(ObjectNode into, NodeUsage.Usage usage) {
        into.putObject("usage").put("cpu", Quantity.of(BigDecimal.valueOf(usage.cpuNanoCores(), 9), Quantity.Format.DECIMAL_SI).toString())
                .put("memory", Quantity.of(BigDecimal.valueOf(usage.memoryBytes()), Quantity.Format.BINARY_SI).toString());
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
