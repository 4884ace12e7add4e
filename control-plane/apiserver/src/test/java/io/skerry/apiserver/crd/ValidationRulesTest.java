package io.skerry.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** CEL rules and structural schemas of CustomResourceDefinitions; the expected words are apiextensions-apiserver 1.33's. */
class ValidationRulesTest {
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static final String FERRIES = "/apis/harbour.example.com/v1/namespaces/default/ferries";
    private static final String INVALID = "Ferry.harbour.example.com \"a\" is invalid: ";

    @AutoClose
    final TestServer api = new TestServer();

    private static String definition(String spec) {
        return """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: ferries.harbour.example.com}
                spec:
                  group: harbour.example.com
                  scope: Namespaced
                  names: {plural: ferries, kind: Ferry}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    subresources: {status: {}}
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties:
                          spec:
                %s
                          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
                """.formatted(spec.indent(12));
    }

    private void define(String spec) {
        var answer = api.send("POST", DEFINITIONS, definition(spec));
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private String refusedDefinition(String spec) {
        var answer = api.send("POST", DEFINITIONS, definition(spec));
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(422);
        return Json.text(answer.body(), "message");
    }

    private static String ferry(String spec) {
        return "{apiVersion: harbour.example.com/v1, kind: Ferry, metadata: {name: a}, spec: " + spec + "}";
    }

    private String created(String spec) {
        var answer = api.send("POST", FERRIES, ferry(spec));
        return answer.code() == 201 ? "" : Json.text(answer.body(), "message");
    }

    private String patched(String spec) {
        var answer = api.patch(FERRIES + "/a", "application/merge-patch+json", "{\"spec\":" + spec + "}");
        return answer.code() == 200 ? "" : Json.text(answer.body(), "message");
    }

    @Test
    void rulesAreEvaluated() {
        define("""
                type: object
                x-kubernetes-validations:
                - {rule: self.low <= self.high}
                - {rule: 'self.low >= 0', message: low must not be negative, fieldPath: .low, reason: FieldValueForbidden}
                - {rule: 'self.high < 100', messageExpression: '"high is %d, at most 99".format([self.high])'}
                properties:
                  low: {type: integer, default: 1}
                  high: {type: integer, default: 5}
                  size: {type: string, x-kubernetes-validations: [{rule: "quantity(self).isLessThan(quantity('1Gi'))", message: too large}]}
                  decks:
                    type: object
                    additionalProperties:
                      type: object
                      properties: {seats: {type: integer}}
                      x-kubernetes-validations: [{rule: self.seats % 2 == 0, message: odd}]
                """);
        assertThat(created("{low: 6}")).isEqualTo(INVALID + "spec: Invalid value: \"object\": failed rule: self.low <= self.high");
        assertThat(created("{low: -1}")).isEqualTo(INVALID + "spec.low: Forbidden: low must not be negative");
        assertThat(created("{high: 100}")).isEqualTo(INVALID + "spec: Invalid value: \"object\": high is 100, at most 99");
        assertThat(created("{size: 2Gi}")).isEqualTo(INVALID + "spec.size: Invalid value: \"string\": too large");
        assertThat(created("{size: x}")).startsWith(INVALID + "spec.size: Invalid value: \"string\": ").endsWith("evaluating rule: quantity(self).isLessThan(quantity('1Gi'))");
        assertThat(created("{decks: {upper: {seats: 2}, lower: {seats: 3}}}")).isEqualTo(INVALID + "spec.decks[lower]: Invalid value: \"object\": odd");
        assertThat(created("{low: x}")).contains("spec.low in body must be of type integer")
                .contains("some validation rules were not checked because the object was invalid; correct the existing errors to complete validation");
        assertThat(created("{low: 2, size: 1Mi, decks: {upper: {seats: 2}}}")).isEmpty();
        assertThat(patched("{\"high\":1}")).isEqualTo(INVALID + "spec: Invalid value: \"object\": failed rule: self.low <= self.high");
        assertThat(api.patch(FERRIES + "/a/status", "application/merge-patch+json", "{\"status\":{\"x\":1}}").code()).isEqualTo(200);
    }

    @Test
    void anObjectWithinTheObjectSaysWhatItIs() {
        define("{type: object, properties: {cargo: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}}}");
        assertThat(created("{cargo: {metadata: {name: x}}}")).contains("spec.cargo.apiVersion: Required value: must not be empty").contains("spec.cargo.kind: Required value: must not be empty");
        assertThat(created("{cargo: {apiVersion: '', kind: 3}}")).contains("spec.cargo.apiVersion: Invalid value: \"\": must not be empty");
        assertThat(created("{cargo: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}}")).isEmpty();
        assertThat(patched("{\"cargo\":{\"kind\":null}}")).contains("spec.cargo.kind: Required value");
    }

    /** No client could read it back. */
    @Test
    void anIntegerHas64Bits() {
        define("{type: object, properties: {masts: {type: integer}, load: {type: number}, port: {x-kubernetes-int-or-string: true}}}");
        assertThat(created("{masts: 9223372036854775808}")).contains("spec.masts in body must be of type integer: \"number\"");
        assertThat(created("{port: 12345678901234567890}")).contains("spec.port in body must be of type integer,string: \"number\"");
        assertThat(created("{masts: 1.5}")).contains("must be of type integer");
        assertThat(created("{masts: 9223372036854775807, load: 12345678901234567890, port: 80}")).isEmpty();
        assertThat(patched("{\"masts\":3.0}")).isEmpty();
    }

    @Test
    void transitionRulesCompareWithWhatWas() {
        define("""
                type: object
                properties:
                  port: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: port is immutable}]}
                  crew:
                    type: array
                    x-kubernetes-list-type: map
                    x-kubernetes-list-map-keys: [name]
                    items:
                      type: object
                      required: [name]
                      properties:
                        name: {type: string}
                        rank: {type: integer, x-kubernetes-validations: [{rule: self >= oldSelf, message: no degradation}]}
                  log: {type: integer, x-kubernetes-validations: [{rule: "oldSelf.hasValue() ? self == oldSelf.value() + 1 : self == 0", optionalOldSelf: true}]}
                """);
        assertThat(created("{port: kiel, log: 1}")).contains("spec.log: Invalid value: \"integer\": failed rule: oldSelf.hasValue()");
        assertThat(created("{port: kiel, log: 0, crew: [{name: x, rank: 2}, {name: z, rank: 1}]}")).isEmpty();
        assertThat(patched("{\"port\":\"oslo\",\"log\":1}")).isEqualTo(INVALID + "spec.port: Invalid value: \"string\": port is immutable");
        assertThat(patched("{\"log\":1,\"crew\":[{\"name\":\"z\",\"rank\":1},{\"name\":\"x\",\"rank\":1}]}"))
                .isEqualTo(INVALID + "spec.crew[1].rank: Invalid value: \"integer\": no degradation");
        assertThat(patched("{\"log\":1,\"crew\":[{\"name\":\"z\",\"rank\":1},{\"name\":\"new\",\"rank\":0}]}")).isEmpty();
        assertThat(patched("{\"log\":3}")).contains("failed rule");
    }

    @Test
    void whatAnUpdateLeavesAsItWasIsNotHeldAgainstIt() {
        define("{type: object, properties: {name: {type: string}, crew: {type: integer}, masts: {type: array, x-kubernetes-list-type: set, items: {type: string}}}}");
        assertThat(created("{name: old, crew: 3, masts: [fore]}")).isEmpty();
        String stricter = definition("""
                type: object
                properties:
                  name: {type: string, enum: [new]}
                  crew: {type: integer, x-kubernetes-validations: [{rule: self > 5, message: too few}]}
                  masts: {type: array, x-kubernetes-list-type: set, maxItems: 0, items: {type: string}}
                """);
        var present = api.send("GET", DEFINITIONS + "/ferries.harbour.example.com", null).body();
        var wanted = api.send("PUT", DEFINITIONS + "/ferries.harbour.example.com",
                stricter.replace("metadata: {", "metadata: {resourceVersion: \"" + Json.text(present, "metadata", "resourceVersion") + "\", "));
        assertThat(wanted.code()).as(wanted.body().toString()).isEqualTo(200);
        assertThat(api.patch(FERRIES + "/a", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"x\":\"y\"}}}").code()).isEqualTo(200);
        assertThat(patched("{\"crew\":4}")).isEqualTo(INVALID + "spec.crew: Invalid value: \"integer\": too few");
        assertThat(patched("{\"crew\":6}")).isEmpty();
        assertThat(patched("{\"name\":\"other\"}")).contains("spec.name: Unsupported value: \"other\"");
        assertThat(patched("{\"masts\":[\"fore\",\"main\"]}")).contains("spec.masts: Too many: 2: must have at most 0 items");
    }

    @Test
    void listsAreComparedAsTheirTypeSays() {
        define("""
                type: object
                x-kubernetes-validations:
                - {rule: self.masts == oldSelf.masts, message: masts are immutable}
                - {rule: self.log == oldSelf.log, message: log is immutable}
                - {rule: self.extra == oldSelf.extra, message: extra is immutable}
                properties:
                  masts: {type: array, x-kubernetes-list-type: set, items: {type: string}}
                  log: {type: array, items: {type: string}}
                  extra: {type: object, x-kubernetes-preserve-unknown-fields: true}
                """);
        assertThat(created("{masts: [fore, main], log: [out, in], extra: {x: {y: 1}}}")).isEmpty();
        assertThat(patched("{\"masts\":[\"main\",\"fore\"]}")).isEmpty();
        assertThat(patched("{\"masts\":[\"main\",\"mizzen\"]}")).isEqualTo(INVALID + "spec: Invalid value: \"object\": masts are immutable");
        assertThat(patched("{\"log\":[\"in\",\"out\"]}")).isEqualTo(INVALID + "spec: Invalid value: \"object\": log is immutable");
        assertThat(patched("{\"extra\":{\"x\":{\"y\":2}}}")).isEqualTo(INVALID + "spec: Invalid value: \"object\": extra is immutable");
    }

    @Test
    void costIsLimited() {
        define("""
                type: object
                properties:
                  list:
                    type: array
                    maxItems: 100
                    items: {type: integer}
                    x-kubernetes-validations: [{rule: 'self.all(a, self.all(b, self.all(c, a + b + c >= 0)))'}]
                """);
        String numbers = "[" + "1,".repeat(99) + "1]";
        assertThat(created("{list: " + numbers + "}")).contains("no further validation rules will be run due to call cost exceeds limit for rule");
        assertThat(created("{list: [1, 2]}")).isEmpty();
    }

    @Test
    void rulesThatCouldCostTooMuchAreRefused() {
        String hint = " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
        String spec = "spec.versions[0].schema.openAPIV3Schema.properties[spec]";
        assertThat(refusedDefinition("{type: object, properties: {l: {type: array, items: {type: integer}, x-kubernetes-validations: [{rule: 'self.all(a, self.all(b, a == b))'}]}}}"))
                .contains(spec + ".properties[l].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x" + hint)
                .contains("contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema")
                .contains("openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x" + hint);
        // a rule within a list is evaluated for each of its items: 1048576 by size without a limit
        String each = "{type: object, properties: {l: {type: array, %s items: {type: string, x-kubernetes-validations: [{rule: \"self != '%s'\"}]}}}}";
        assertThat(refusedDefinition(each.formatted("", "x".repeat(100)))).contains("estimated rule cost exceeds budget by factor of 1.153434x" + hint).doesNotContain("entire");
        assertThat(refusedDefinition("{type: object, properties: {s: {type: string, x-kubernetes-validations: [{rule: \"self == 'x'\", "
                + "messageExpression: \"self.find('" + "x".repeat(200) + "')\"}]}}}"))
                .contains("x-kubernetes-validations[0].messageExpression: Forbidden: estimated messageExpression cost exceeds budget by factor of 1.6x" + hint);
        define(each.formatted("maxItems: 1000,", "x".repeat(100)));
    }

    @Test
    void rulesThatCannotWorkAreRefused() {
        assertThat(refusedDefinition("{type: object, properties: {num: {type: integer}}, x-kubernetes-validations: [{rule: self.m > 1}]}"))
                .contains("openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: apiextensions.ValidationRule{Rule:\"self.m > 1\"")
                .contains("compilation failed: ERROR: <input>:1:5: undefined field 'm'");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: integer}}, x-kubernetes-validations: [{rule: self.num + 1}]}"))
                .contains("cel expression must evaluate to a bool");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: integer}}, x-kubernetes-validations: [{rule: self.num > 1, messageExpression: self.num}]}"))
                .contains("x-kubernetes-validations[0].messageExpression: Invalid value").contains("messageExpression must evaluate to a string");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: integer}}, x-kubernetes-validations: [{rule: self.num > 1, fieldPath: .m}]}"))
                .contains("x-kubernetes-validations[0].fieldPath: Invalid value: \".m\": fieldPath must be a valid path");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: integer}}, x-kubernetes-validations: [{rule: self.num > 1, reason: Bad}]}"))
                .contains("reason: Unsupported value: \"Bad\": supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\"");
        assertThat(refusedDefinition("{type: object, properties: {l: {type: array, items: {type: string, x-kubernetes-validations: [{rule: self == oldSelf}]}}}}"))
                .contains("oldSelf cannot be used on the uncorrelatable portion of the schema within spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[l]");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: integer}}, x-kubernetes-validations: [{rule: ' '}]}")).contains("rule: Required value: rule is not specified");
    }

    @Test
    void schemasMustBeStructural() {
        assertThat(refusedDefinition("{properties: {num: {type: integer}}}")).contains("properties[spec].type: Required value: must not be empty for specified object fields");
        assertThat(refusedDefinition("{type: object, properties: {l: {type: array}}}")).contains("properties[l].items: Required value: must be specified");
        assertThat(refusedDefinition("{type: object, anyOf: [{type: object}]}")).contains("properties[spec].anyOf[0].type: Forbidden: must be empty to be structural");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: string, default: 5}}}")).contains("properties[num].default").contains("must be of type string");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: text}}}")).contains("properties[num].type: Unsupported value: \"text\"");
        assertThat(refusedDefinition("{type: object, properties: {num: {type: string, pattern: '('}}}")).contains("properties[num].pattern: Invalid value: \"(\": must be a valid regular expression");
        assertThat(refusedDefinition("{type: object, properties: {l: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, properties: {k: {type: string}}}}}}"))
                .contains("this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property");
        assertThat(refusedDefinition("{type: object, properties: {e: {type: string, x-kubernetes-embedded-resource: true}}}"))
                .contains("must be object if x-kubernetes-embedded-resource is true");
        assertThat(refusedDefinition("{type: object, properties: {a: {type: string}}, additionalProperties: {type: string}}"))
                .contains("additionalProperties and properties are mutual exclusive");
        assertThat(refusedDefinition("{type: object, properties: {p: {x-kubernetes-int-or-string: true, x-kubernetes-preserve-unknown-fields: true}}}"))
                .contains("must be false if x-kubernetes-int-or-string is true");
        define("{type: object, properties: {p: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}, q: {type: string, default: x}}}");
        assertThat(created("{p: 80}")).isEmpty();
    }
}
