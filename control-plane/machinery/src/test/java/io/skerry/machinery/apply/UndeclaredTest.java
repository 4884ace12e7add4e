package io.skerry.machinery.apply;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import org.junit.jupiter.api.Test;

class UndeclaredTest {

    private static Schema schema(String group, String kind) {
        return TypeTable.builtin().kind(group, "v1", kind).orElseThrow().schema();
    }

    private static ObjectNode yaml(String yaml) {
        return (ObjectNode) Yaml.parseAll(yaml, "test").getFirst().root();
    }

    @Test
    void pathsAreThoseOfManagedFields() {
        ObjectNode deployment = yaml("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web, namespace: shop}
                spec: {template: {spec: {containers: [{name: nginx, image: x, resources: {cpu: 1}}]}}}
                """);
        assertThatThrownBy(() -> ServerSideApply.checkDeclared(deployment, schema("apps", "Deployment"))).isInstanceOf(PatchException.class)
                .hasMessage("failed to create typed patch object (shop/web; apps/v1, Kind=Deployment):"
                        + " .spec.template.spec.containers[name=\"nginx\"].resources.cpu: field not declared in schema");
    }

    @Test
    void allAreTold() {
        ObjectNode service = yaml("{apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {topologyKeys: [a]}, sops: null}");
        assertThatThrownBy(() -> ServerSideApply.checkDeclared(service, schema("", "Service"))).hasMessage("failed to create typed patch object (shop/s; /v1, Kind=Service): errors:\n"
                + "  .spec.topologyKeys: field not declared in schema\n  .sops: field not declared in schema");
    }

    @Test
    void aDefinitionMayLetThemThrough() {
        Schema schema = Schema.ofCustomResource(Json.parse("""
                {"type":"object","properties":{"spec":{"type":"object","properties":{"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
                "map":{"type":"object","additionalProperties":{"type":"object","properties":{"a":{"type":"string"}}}}}}}}"""));
        ObjectNode free = yaml("{apiVersion: e.com/v1, kind: E, metadata: {name: e}, spec: {free: {any: [{thing: 1}]}, map: {k: {a: b}}}}");
        assertThatCode(() -> ServerSideApply.checkDeclared(free, schema)).doesNotThrowAnyException();
        ObjectNode wrong = yaml("{apiVersion: e.com/v1, kind: E, metadata: {name: e}, spec: {map: {k: {b: b}}}}");
        assertThatThrownBy(() -> ServerSideApply.checkDeclared(wrong, schema)).hasMessageEndingWith("(/e; e.com/v1, Kind=E): .spec.map.k.b: field not declared in schema");
    }
}
