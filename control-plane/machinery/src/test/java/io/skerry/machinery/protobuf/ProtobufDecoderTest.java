package io.skerry.machinery.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ProtobufDecoderTest {
    /** What kubectl 1.33 sends for: kubectl create deployment x --image=docker.io/skerry/demo-web:1 --replicas=2 */
    private static final String DEPLOYMENT = """
            6b3873000a150a07617070732f763112
            0a4465706c6f796d656e7412bd010a1b
            0a017812001a0022002a003200380042
            005a080a03617070120178128f010802
            120a0a080a036170701201781a770a1a
            0a0012001a0022002a00320038004200
            5a080a036170701201781259123b0a08
            64656d6f2d776562121b646f636b6572
            2e696f2f736b657272792f64656d6f2d
            7765623a312a0042006a007200800100
            880100900100a201001a00320042004a
            0052005800600068008201008a01009a
            0100c2010022020a00280038001a0c08
            00100018002000280038001a002200
            """.replaceAll("\\s", "");

    @Test
    void whatKubectlSendsIsWhatItsJsonSays() {
        ObjectNode deployment = decode(DEPLOYMENT);
        assertThat(deployment).isEqualTo(Json.parse("""
                {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x","labels":{"app":"x"}},
                 "spec":{"replicas":2,"selector":{"matchLabels":{"app":"x"}},
                  "template":{"metadata":{"labels":{"app":"x"}},
                   "spec":{"containers":[{"name":"demo-web","image":"docker.io/skerry/demo-web:1","resources":{}}]}},
                  "strategy":{}},
                 "status":{}}"""));
    }

    @Test
    void zeroIsKeptWhereItMeansSomething() {
        // DeleteOptions{gracePeriodSeconds: 0, propagationPolicy: "Background"}
        assertThat(decode("6b3873000a130a027631120d44656c6574654f7074696f6e73120e0800220a4261636b67726f756e64"))
                .isEqualTo(Json.parse("{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"gracePeriodSeconds\":0,\"propagationPolicy\":\"Background\"}"));
    }

    @Test
    void bytesBecomeBase64() {
        // Secret{data: {k: "v"}}
        assertThat(decode("6b3873000a0c0a02763112065365637265741208" + "12060a016b120176").path("data").path("k").asText()).isEqualTo("dg==");
    }

    @Test
    void everyMessageOfTheBuiltInTypesIsKnown() {
        Set<String> unknown = new TreeSet<>();
        Set<Schema> seen = new LinkedHashSet<>();
        // Nobody writes figures; the definitions of APIs are sent as JSON.
        Set<String> never = Set.of("apiextensions.k8s.io", "apiregistration.k8s.io", "metrics.k8s.io");
        for (ResourceType type : TypeTable.builtin().all()) {
            if (!never.contains(type.group())) {
                walk(type.schema(), seen, unknown);
            }
        }
        assertThat(seen).hasSizeGreaterThan(400);
        assertThat(unknown).isEmpty();
    }

    @Test
    void damageIsSaidAndNeverAnyOtherException() {
        byte[] whole = HexFormat.of().parseHex(DEPLOYMENT);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= (byte) 0x85;
            try {
                ProtobufDecoder.decode(damaged, TypeTable.builtin());
            } catch (ProtobufException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
        assertThatThrownBy(() -> decode("7b7d")).isInstanceOf(ProtobufException.class).hasMessageContaining("prefix");
        assertThatThrownBy(() -> decode("6b3873000a0c0a027631120653656372" + "6574120812ff0a016b120176")).isInstanceOf(ProtobufException.class);
        assertThatThrownBy(() -> decode("6b3873000a090a02763112034e6f70")).isInstanceOf(ProtobufException.class).hasMessageContaining("no kind \"Nop\"");
    }

    @Test
    void timeOutOfRangeIsSaid() {
        // ConfigMap{metadata: {creationTimestamp: {seconds: 2^63 - 1}}}
        assertThatThrownBy(() -> decode("6b3873000a0f0a0276311209436f6e6669674d61701210" + "0a0e420c08ffffffffffffffff7f1001"))
                .isInstanceOf(ProtobufException.class).hasMessageContaining("out of range");
    }

    private static ObjectNode decode(String hex) {
        return ProtobufDecoder.decode(HexFormat.of().parseHex(hex), TypeTable.builtin());
    }

    private static void walk(Schema schema, Set<Schema> seen, Set<String> unknown) {
        if (schema == null || !seen.add(schema)) {
            return;
        }
        if (schema.type() == Schema.Type.OBJECT && ProtobufFields.of(schema.name()) == null) {
            unknown.add(schema.name());
        }
        schema.fields().values().forEach(field -> walk(field, seen, unknown));
        walk(schema.items(), seen, unknown);
        walk(schema.values(), seen, unknown);
    }
}
