package io.skerry.gitops.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.yaml.Yaml;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldPathTest {

    private static final JsonNode POD = Yaml.parseAll("""
            metadata: {labels: {a/b: c}}
            spec:
              containers:
              - {name: a, image: x}
              - {name: b, image: [x], ports: [{containerPort: 80, protocol: TCP}]}
            """, "test").getFirst().root();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            strict decoding error: unknown field "spec.containers[1].imagee" | /spec/containers/1/imagee
            Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal array into Go struct field Container.spec.containers.image of type string | /spec/containers/1/image
            failed to create typed patch object (/web; /v1, Kind=Pod): .spec.nodeNam: field not declared in schema | /spec/nodeNam
            .spec.containers[name="b"].ports[containerPort=80,protocol="TCP"].x: field not declared in schema | /spec/containers/1/ports/0/x
            Pod "web" is invalid: spec.containers[0].image: Required value | /spec/containers/0/image
            Pod "web" is invalid: [spec.a: Invalid value: "x": no, spec.b: Required value] | /spec/a
            metadata.labels: Invalid value: "x" | /metadata/labels
            something else went wrong | ''
            """)
    void findsTheField(String message, String pointer) {
        assertThat(FieldPath.inMessage(message, POD)).isEqualTo(pointer.equals("''") ? "" : pointer);
    }
}
