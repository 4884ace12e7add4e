package io.skerry.node.endpoints;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.NodeDocument;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.machinery.json.Json;
import io.skerry.node.NodeConfig;
import io.skerry.node.host.Host;
import io.skerry.node.stats.UsageMeter;
import io.skerry.node.stats.UsageMeter.Reading;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

/**
 * What kubelet serves over HTTP and {@code nodes/NAME/proxy} leads to (k8s.io/kubernetes, pkg/kubelet/server). There is no port: the API server asks within the
 * process, once it has decided that the client may. Nothing is measured before somebody asks. Logs and exec have ways of their own.
 */
public final class NodeEndpoints {
    private static final String JSON = "application/json";

    private final NodeConfig config;
    private final Host host;
    private final UsageMeter meter;
    private final PodFigures figures;
    private final Supplier<List<String>> pods;

    /** @param pods of this node, each in JSON */
    public NodeEndpoints(NodeConfig config, Host host, UsageMeter meter, PodFigures figures, Supplier<List<String>> pods) {
        this.config = config;
        this.host = host;
        this.meter = meter;
        this.figures = figures;
        this.pods = pods;
    }

    /**
     * Answers a GET.
     *
     * @throws IOException                     when the machine's counters cannot be read
     * @throws io.grpc.StatusRuntimeException when the container runtime does not answer
     * @throws NodeStreamException             404 for a path that is none of these
     */
    public NodeDocument document(String path) throws IOException, InterruptedException, NodeStreamException {
        return switch (path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path) {
            case "/healthz", "/healthz/ping" -> document("text/plain; charset=utf-8", "ok");
            case "/stats/summary" -> document(JSON, Json.string(new StatsSummary(config, figures, meter.measured()).json()));
            case "/pods" -> document(JSON, Json.string(podList()));
            case "/configz" -> document(JSON, Json.string(configuration()));
            case "/metrics" -> metrics(NodeMetrics.agent(config, figures.of(meter.read())));
            case "/metrics/resource" -> {
                Reading reading = meter.read();
                yield metrics(NodeMetrics.resource(reading, figures.of(reading)));
            }
            case "/metrics/cadvisor" -> {
                Reading reading = meter.read();
                yield metrics(NodeMetrics.cadvisor(reading, figures.of(reading), figures));
            }
            default -> throw new NodeStreamException(404, "404 page not found");
        };
    }

    private static NodeDocument metrics(MetricsText text) { return document(MetricsText.CONTENT_TYPE, text.toString()); }

    private static NodeDocument document(String type, String text) { return new NodeDocument(type, text.getBytes(StandardCharsets.UTF_8)); }

    private ObjectNode podList() {
        ObjectNode list = Json.object().put("kind", "PodList").put("apiVersion", "v1");
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        pods.get().forEach(pod -> items.add(Json.parse(pod)));
        return list;
    }

    /** Of kubelet's configuration what is decided here. */
    private ObjectNode configuration() {
        ObjectNode all = Json.object();
        ObjectNode its = all.putObject("kubeletconfig").put("kind", "KubeletConfiguration").put("apiVersion", "kubelet.config.k8s.io/v1beta1");
        its.put("cgroupDriver", host.systemd() ? "systemd" : "cgroupfs").put("clusterDomain", config.clusterDomain()).put("maxPods", config.maxPods()).put("podCIDR", config.podCidr());
        config.clusterDns().forEach(its.putArray("clusterDNS")::add);
        return all;
    }
}
