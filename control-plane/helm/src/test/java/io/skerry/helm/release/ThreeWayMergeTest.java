package io.skerry.helm.release;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.patch.MergePatch;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import org.junit.jupiter.api.Test;

class ThreeWayMergeTest {
    private static final Schema DEPLOYMENT = TypeTable.builtin().kind("apps", "v1", "Deployment").orElseThrow().schema();
    private static final Schema SERVICE = TypeTable.builtin().kind("", "v1", "Service").orElseThrow().schema();

    private static ObjectNode yaml(String text) {
        return (ObjectNode) Yaml.parseAll(text, "test").getFirst().root();
    }

    /** Also that the patch, sent to a server, gives the same. */
    private static JsonNode merge(String original, String modified, String current, Schema schema) {
        ObjectNode live = yaml(current);
        ObjectNode merged = ThreeWayMerge.merge(yaml(original), yaml(modified), live, schema);
        assertThat(live).isEqualTo(yaml(current));
        assertThat(MergePatch.apply(live, ThreeWayMerge.diff(live, merged))).isEqualTo(merged);
        return merged;
    }

    @Test
    void keepsWhatTheManifestDoesNotSay() {
        JsonNode m = merge("{spec: {a: 1}}", "{spec: {a: 2}}", "{spec: {a: 1, replicas: 5}, status: {x: 1}}", null);
        assertThat(m).isEqualTo(yaml("{spec: {a: 2, replicas: 5}, status: {x: 1}}"));
    }

    @Test
    void removesWhatTheManifestNoLongerSays() {
        assertThat(merge("{spec: {a: 1, b: {c: 1, d: 2}}}", "{spec: {b: {d: 2}}}", "{spec: {a: 1, b: {c: 1, d: 2, live: 3}}}", null)).isEqualTo(yaml("{spec: {b: {d: 2, live: 3}}}"));
        assertThat(merge("{spec: {a: 1}}", "{spec: {a: null}}", "{spec: {a: 1, z: 1}}", null)).isEqualTo(yaml("{spec: {z: 1}}"));
    }

    @Test
    void undoesWhatOthersChanged() {
        assertThat(merge("{spec: {image: a}}", "{spec: {image: a}}", "{spec: {image: hacked}}", null)).isEqualTo(yaml("{spec: {image: a}}"));
    }

    @Test
    void mergesContainersByName() {
        JsonNode m = merge("{spec: {template: {spec: {containers: [{name: web, image: a, env: [{name: X, value: '1'}, {name: OLD, value: o}]}, {name: gone, image: g}]}}}}",
            "{spec: {template: {spec: {containers: [{name: new, image: n}, {name: web, image: b, env: [{name: X, value: '2'}]}]}}}}",
            "{spec: {template: {spec: {containers: [{name: injected, image: side}, {name: web, image: a, imagePullPolicy: Always, env: [{name: X, value: '1'}, {name: OLD, value: o}, {name: LIVE, value: l}]},"
                + " {name: gone, image: g}, {name: last, image: x}]}}}}", DEPLOYMENT);
        assertThat(m).isEqualTo(yaml("{spec: {template: {spec: {containers: [{name: injected, image: side}, {name: new, image: n}, {name: web, image: b, imagePullPolicy: Always,"
            + " env: [{name: X, value: '2'}, {name: LIVE, value: l}]}, {name: last, image: x}]}}}}"));
    }

    @Test
    void replacesListsOfCustomResources() {
        assertThat(merge("{spec: {l: [{name: a}]}}", "{spec: {l: [{name: b}]}}", "{spec: {l: [{name: a}, {name: live}]}}", null)).isEqualTo(yaml("{spec: {l: [{name: b}]}}"));
    }

    @Test
    void clearsTheOtherStrategysFields() {
        JsonNode m = merge("{spec: {strategy: {type: RollingUpdate}}}", "{spec: {strategy: {type: Recreate}}}", "{spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}}", DEPLOYMENT);
        assertThat(m).isEqualTo(yaml("{spec: {strategy: {type: Recreate}}}"));
        String same = "{spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}}";
        assertThat(merge("{spec: {strategy: {type: RollingUpdate}}}", "{spec: {strategy: {type: RollingUpdate}}}", same, DEPLOYMENT)).isEqualTo(yaml(same));
    }

    @Test
    void takesAListWithTwoItemsOfOneKeyAsAWhole() {
        JsonNode m = merge("{spec: {ports: [{port: 53, protocol: UDP}]}}", "{spec: {ports: [{port: 53, protocol: UDP, name: u}, {port: 53, protocol: TCP, name: t}]}}",
            "{spec: {clusterIP: 10.43.0.9, ports: [{port: 53, protocol: UDP, targetPort: 53}]}}", SERVICE);
        assertThat(m).isEqualTo(yaml("{spec: {clusterIP: 10.43.0.9, ports: [{port: 53, protocol: UDP, name: u}, {port: 53, protocol: TCP, name: t}]}}"));
    }

    @Test
    void finalizersAreASet() {
        assertThat(merge("{metadata: {finalizers: [a, b]}}", "{metadata: {finalizers: [a, c]}}", "{metadata: {finalizers: [live, b, a]}}", DEPLOYMENT))
            .isEqualTo(yaml("{metadata: {finalizers: [live, a, c]}}"));
    }

    @Test
    void theSameIsNoPatch() {
        ObjectNode live = yaml("{spec: {replicas: 1, f: 1.0}}");
        ObjectNode wanted = yaml("{spec: {replicas: 1.0, f: 1}}");
        assertThat(ThreeWayMerge.diff(live, ThreeWayMerge.merge(wanted, wanted, live, DEPLOYMENT))).isEmpty();
    }
}
