package io.skerry.controllers.helm;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.helm.HelmException;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.chart.UserValues;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a HelmChart and its HelmChartConfig ask for: the chart, the values, and where the release goes. */
record ChartSource(String releaseName, String namespace, byte[] archive, Map<String, Object> values, boolean createNamespace, boolean takeOwnership,
    String timeout) {

    /** @throws HelmException when something is missing or cannot be read: which field of which object */
    static ChartSource of(HelmChart chart, HelmChartConfig config, StaticCharts charts, KubernetesClient client) {
        JsonNode spec = spec(chart.getSpec());
        String target = Json.text(spec, "targetNamespace");
        UserValues values = new UserValues();
        add(values, spec, "", chart.getMetadata().getNamespace(), client);
        if (config != null) add(values, spec(config.getSpec()),
            "HelmChartConfig " + config.getMetadata().getNamespace() + "/" + config.getMetadata().getName() + ": ", chart.getMetadata().getNamespace(), client);
        for (var e : spec.path("set").properties()) {
            String text = e.getValue().asText();
            // As with k3s: what looks typed is typed, everything else stays a string however it looks to YAML.
            boolean typed = e.getValue().isNumber() || List.of("true", "false", "null").contains(text);
            String expression = e.getKey() + "=" + text.replace("\\", "\\\\").replace(",", "\\,");
            if (typed) values.set(expression);
            else values.setString(expression);
        }
        return new ChartSource(chart.getMetadata().getName(), target.isEmpty() ? chart.getMetadata().getNamespace() : target, archive(spec, charts), values.toMap(),
            spec.path("createNamespace").asBoolean(), spec.path("takeOwnership").asBoolean(), Json.text(spec, "timeout"));
    }

    private static byte[] archive(JsonNode spec, StaticCharts charts) {
        String content = Json.text(spec, "chartContent");
        if (content.isEmpty()) {
            if (Json.text(spec, "chart").isEmpty()) throw new HelmException("spec.chartContent is empty; put the packaged chart there, base64 encoded");
            return charts.archive(spec);
        }
        try {
            return Base64.getMimeDecoder().decode(content);
        } catch (IllegalArgumentException e) {
            throw new HelmException("spec.chartContent is not base64: " + e.getMessage());
        }
    }

    private static void add(UserValues values, JsonNode spec, String where, String namespace, KubernetesClient client) {
        for (JsonNode ref : spec.path("valuesSecrets")) {
            String name = Json.text(ref, "name");
            Secret secret = client.secrets().inNamespace(namespace).withName(name).get();
            if (secret == null) throw new HelmException(where + "spec.valuesSecrets: secret \"" + name + "\" not found in namespace " + namespace);
            Map<String, String> data = secret.getData() == null ? Map.of() : secret.getData();
            List<String> keys = ref.path("keys").isEmpty() ? new TreeMap<>(data).keySet().stream().toList() : list(ref.path("keys"));
            for (String key : keys) {
                if (!data.containsKey(key)) throw new HelmException(where + "spec.valuesSecrets: secret \"" + name + "\" has no key \"" + key + "\"");
                values.yaml(new String(Base64.getMimeDecoder().decode(data.get(key)), StandardCharsets.UTF_8),
                    "secret " + namespace + "/" + name + " key " + key);
            }
        }
        String content = Json.text(spec, "valuesContent");
        if (!content.isEmpty()) values.yaml(content, where + "spec.valuesContent");
        if (spec.path("values").isObject()) values.tree(spec.path("values"));
    }

    private static List<String> list(JsonNode array) {
        return java.util.stream.StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
    }

    static JsonNode spec(JsonNode specOrNull) {
        return specOrNull == null ? Json.object() : specOrNull;
    }

    Chart chart() {
        return Chart.ofArchive(archive);
    }

    /** Changes when someone changes the objects; stands for what was asked when that cannot even be read. */
    static String askedHash(HelmChart chart, HelmChartConfig config) {
        return sha256(spec(chart.getSpec()).toString().getBytes(StandardCharsets.UTF_8),
            (config == null ? "" : spec(config.getSpec()).toString()).getBytes(StandardCharsets.UTF_8));
    }

    /** Changes exactly when the release has to be installed anew. */
    String hash() {
        // Maps of equal content are equal as sorted JSON, in whatever order they were written.
        return sha256(archive, sorted(Json.MAPPER.valueToTree(values)).toString().getBytes(StandardCharsets.UTF_8),
            (releaseName + "\n" + namespace + "\n" + takeOwnership).getBytes(StandardCharsets.UTF_8));
    }

    private static String sha256(byte[]... parts) {
        try {
            MessageDigest d = MessageDigest.getInstance("SHA-256");
            for (byte[] p : parts) d.update(p);
            return HexFormat.of().formatHex(d.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode sorted(JsonNode n) {
        if (n.isObject()) {
            Map<String, JsonNode> fields = new TreeMap<>();
            n.properties().forEach(e -> fields.put(e.getKey(), sorted(e.getValue())));
            var o = Json.object();
            fields.forEach(o::set);
            return o;
        }
        if (!n.isArray()) return n;
        var a = Json.array();
        n.forEach(i -> a.add(sorted(i)));
        return a;
    }
}
