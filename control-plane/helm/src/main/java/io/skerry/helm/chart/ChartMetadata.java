package io.skerry.helm.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.encoding.GoJson;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.TypedMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Chart.yaml, as templates see it under {@code .Chart}. */
public final class ChartMetadata implements GoJson.Fields {
    private final ObjectNode tree;
    private final String name;
    private final boolean root;
    private final List<Dependency> dependencies;

    ChartMetadata(ObjectNode tree, List<Dependency> dependencies) {
        this(tree, tree.path("name").asText(), true, dependencies);
    }

    private ChartMetadata(ObjectNode tree, String name, boolean root, List<Dependency> dependencies) {
        this.tree = tree;
        this.name = name;
        this.root = root;
        this.dependencies = dependencies;
    }

    ChartMetadata named(String other, boolean isRoot) {
        return new ChartMetadata(tree, other, isRoot, dependencies);
    }

    ChartMetadata depending(List<Dependency> enabled) {
        return new ChartMetadata(tree, name, root, enabled);
    }

    public String name() {
        return name;
    }

    public String version() {
        return text("version");
    }

    public String appVersion() {
        return text("appVersion");
    }

    public String kubeVersion() {
        return text("kubeVersion");
    }

    public boolean isLibrary() {
        return text("type").equals("library");
    }

    public List<Dependency> dependencies() {
        return dependencies;
    }

    /** Chart.yaml as it was read. */
    public ObjectNode tree() {
        return tree;
    }

    private String text(String field) {
        JsonNode n = tree.path(field);
        return n.isValueNode() && !n.isNull() ? n.asText() : "";
    }

    private List<Object> list(String field) {
        return tree.path(field).isArray() ? new ArrayList<>((List<?>) Trees.value(tree.get(field))) : new ArrayList<>();
    }

    @Override
    public Object field(String field) {
        return switch (field) {
            case "Name" -> name;
            case "IsRoot" -> root;
            case "Version" -> version();
            case "AppVersion" -> appVersion();
            case "APIVersion" -> text("apiVersion");
            case "Home", "Description", "Icon", "Condition", "Tags", "Type" -> text(field.toLowerCase(java.util.Locale.ROOT));
            case "KubeVersion" -> kubeVersion();
            case "Deprecated" -> tree.path("deprecated").asBoolean();
            case "Sources" -> list("sources");
            case "Keywords" -> list("keywords");
            case "Maintainers" -> maintainers();
            case "Annotations" -> annotations();
            case "Dependencies" -> {
                List<Object> out = new ArrayList<>();
                for (Dependency d : dependencies) {
                    out.add(new TypedMap("*chart.Dependency", Map.of("Name", d.name(), "Version", d.version(), "Repository", d.repository(), "Condition", d.condition(),
                        "Tags", new ArrayList<>(d.tags()), "Alias", d.alias(), "ImportValues", d.importValues(), "Enabled", true)));
                }
                yield out;
            }
            default -> ABSENT;
        };
    }

    private List<Object> maintainers() {
        List<Object> out = new ArrayList<>();
        for (JsonNode m : tree.path("maintainers")) {
            out.add(new TypedMap("*chart.Maintainer", Map.of("Name", m.path("name").asText(""), "Email", m.path("email").asText(""), "URL", m.path("url").asText(""))));
        }
        return out;
    }

    private TypedMap annotations() {
        Map<String, String> m = new LinkedHashMap<>();
        tree.path("annotations").properties().forEach(e -> m.put(e.getKey(), e.getValue().asText()));
        return TypedMap.strings(m);
    }

    @Override
    public String typeName() {
        return "struct { chart.Metadata; IsRoot bool }";
    }

    @Override
    public String toString() {
        return GoFormat.value(jsonFields());
    }

    @Override
    public Map<String, Object> jsonFields() {
        Map<String, Object> m = Trees.map(tree);
        m.put("name", name);
        m.put("IsRoot", root);
        return m;
    }
}
