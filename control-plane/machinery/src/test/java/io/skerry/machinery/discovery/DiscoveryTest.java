package io.skerry.machinery.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class DiscoveryTest {

    private final Collection<ResourceType> builtin = TypeTable.builtin().all();

    private static ResourceType custom(String group, String version) {
        return new ResourceType(group, version, "widgets", "widget", "Widget", true, List.of("wd"), List.of(), Set.of("get", "list"), List.of(), Schema.any(), List.of());
    }

    private static JsonNode named(JsonNode list, String field, String name) {
        return StreamSupport.stream(list.spliterator(), false).filter(n -> n.path(field).asText().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void ordersVersionsAsCrdsAreServed() {
        List<String> versions = new ArrayList<>(List.of("foo1", "v11alpha2", "v1", "v3beta1", "foo10", "v10beta3", "v11beta2", "v2", "v12alpha1", "v10"));
        versions.sort(ApiGroups.versions());
        assertThat(versions).containsExactly("v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10");
    }

    @Test
    void listsGroupsInOrderWithThePreferredVersionFirst() {
        List<ResourceType> types = Stream.concat(builtin.stream(), Stream.of(custom("a.example.com", "v1beta1"), custom("a.example.com", "v1"))).toList();
        ObjectNode groups = Discovery.groups(types);
        List<String> names = groups.path("groups").findValuesAsText("name");
        assertThat(names).startsWith("apiregistration.k8s.io", "apps", "events.k8s.io").endsWith("flowcontrol.apiserver.k8s.io", "a.example.com", "metrics.k8s.io").doesNotContain("");
        assertThat(named(groups.path("groups"), "name", "autoscaling").path("preferredVersion").path("groupVersion").asText()).isEqualTo("autoscaling/v2");
        ObjectNode own = Discovery.group("a.example.com", types);
        assertThat(own.path("kind").asText()).isEqualTo("APIGroup");
        assertThat(own.path("versions").findValuesAsText("version")).containsExactly("v1", "v1beta1");
        assertThat(Discovery.group("nowhere", types)).isNull();
    }

    @Test
    void listsResourcesAndTheirSubresources() {
        JsonNode core = Discovery.resources("", "v1", builtin).path("resources");
        JsonNode pods = named(core, "name", "pods");
        assertThat(pods.path("shortNames").get(0).asText()).isEqualTo("po");
        // what every 1.x cluster answers for these two
        assertThat(pods.path("storageVersionHash").asText()).isEqualTo("xPOwRZ+Yhw8=");
        JsonNode apps = Discovery.resources("apps", "v1", builtin).path("resources");
        assertThat(named(apps, "name", "deployments").path("storageVersionHash").asText()).isEqualTo("8aSe+NMegvE=");
        JsonNode scale = named(apps, "name", "deployments/scale");
        assertThat(scale.path("group").asText()).isEqualTo("autoscaling");
        assertThat(scale.path("singularName").isTextual()).isTrue();
        assertThat(named(core, "name", "pods/eviction").path("group").asText()).isEqualTo("policy");
        assertThat(named(core, "name", "pods/status").has("group")).isFalse();
        assertThat(named(core, "name", "bindings").has("storageVersionHash")).isFalse();
        assertThat(Discovery.resources("apps", "v2", builtin)).isNull();
    }

    @Test
    void aggregatesAllButTheCoreGroup() {
        ObjectNode all = Discovery.aggregated(builtin, false);
        assertThat(all.path("items")).hasSize(20);
        JsonNode apps = named(named(items(all, "apps"), "version", "v1").path("resources"), "resource", "deployments");
        assertThat(apps.path("responseKind").path("group").asText()).isEqualTo("apps");
        assertThat(apps.path("scope").asText()).isEqualTo("Namespaced");
        assertThat(apps.path("subresources").findValuesAsText("subresource")).containsExactly("scale", "status");
        ObjectNode core = Discovery.aggregated(builtin, true);
        assertThat(core.path("items")).hasSize(1);
        assertThat(core.path("items").get(0).path("versions").get(0).path("resources")).hasSize(17);
    }

    private static JsonNode items(ObjectNode list, String group) {
        return StreamSupport.stream(list.path("items").spliterator(), false)
                .filter(i -> i.path("metadata").path("name").asText().equals(group)).findFirst().orElseThrow().path("versions");
    }
}
