package io.skerry.machinery.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchemaValidatorTest {

    private static final Schema DEPLOYMENT = TypeTable.builtin().kind("apps", "v1", "Deployment").orElseThrow().schema();
    private static final Schema SECRET = TypeTable.builtin().kind("", "v1", "Secret").orElseThrow().schema();

    private static ObjectNode json(String text) {
        return (ObjectNode) Json.parse(text.replace('\'', '"'));
    }

    private static List<String> errors(String text, Schema schema) {
        return SchemaValidator.typeMismatches(json(text), schema).stream().map(TypeMismatch::decodeError).toList();
    }

    @Test
    void namesUnknownFieldsByTheirPath() {
        assertThat(SchemaValidator.unknownFields(json("""
                {'apiVersion':'apps/v1','kind':'Deployment','foo':1,'metadata':{'name':'a','labels':{'any':'thing'},'nmae':'b'},
                 'spec':{'template':{'spec':{'nodeSelector':{'x':'y'},'containers':[{'name':'a'},{'name':'b','bar':{'deep':1},'env':[{'nam':'X'}]}]}}}}"""), DEPLOYMENT))
                .containsExactly("foo", "metadata.nmae", "spec.template.spec.containers[1].bar", "spec.template.spec.containers[1].env[0].nam");
    }

    @Test
    void wordsTypeMismatchesAsUpstreamDoes() {
        assertThat(errors("{'spec':{'replicas':'three'}}", DEPLOYMENT))
                .containsExactly("json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32");
        assertThat(errors("{'spec':{'replicas':1.5}}", DEPLOYMENT))
                .containsExactly("json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32");
        assertThat(errors("{'spec':{'replicas':3000000000}}", DEPLOYMENT)).hasSize(1);
        assertThat(errors("{'spec':{'template':{'spec':{'containers':[{'name':'a','env':[{'name':'X','value':5}]}]}}}}", DEPLOYMENT))
                .containsExactly("json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string");
        assertThat(errors("{'spec':{'template':{'spec':{'containers':{'name':'a'}}}}}", DEPLOYMENT))
                .containsExactly("json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container");
        assertThat(errors("{'metadata':{'labels':{'a':true}}}", DEPLOYMENT))
                .containsExactly("json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string");
        assertThat(errors("{'metadata':'x'}", DEPLOYMENT))
                .containsExactly("json: cannot unmarshal string into Go struct field Deployment.metadata of type v1.ObjectMeta");
    }

    @Test
    void looksAtTimesAndBytes() {
        assertThat(errors("{'data':{'a':'aGVsbG8=','b':'aGk!','c':'aGk'}}", SECRET))
                .containsExactly("illegal base64 data at input byte 3", "illegal base64 data at input byte 0");
        assertThat(errors("{'metadata':{'creationTimestamp':'2026-01-02T03:04:05Z','deletionTimestamp':'yesterday'}}", SECRET))
                .singleElement().asString().startsWith("parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\"");
    }

    @Test
    void takesWhatUpstreamTakes() {
        assertThat(errors("""
                {'metadata':{'creationTimestamp':null},'spec':{'replicas':null,'strategy':{'rollingUpdate':{'maxSurge':'25%','maxUnavailable':0}},
                 'template':{'spec':{'containers':[{'name':'a','resources':{'limits':{'cpu':1,'memory':'1Gi','x':0.5}}}]}}}}""", DEPLOYMENT)).isEmpty();
    }

    @Test
    void checksCustomResources() {
        Schema widget = Schema.ofCustomResource(json("""
                {'type':'object','properties':{'metadata':{'type':'object'},'spec':{'type':'object','required':['size'],'properties':{
                 'size':{'type':'integer'},'free':{'type':'object','x-kubernetes-preserve-unknown-fields':true,'properties':{'n':{'type':'string'}}},
                 'port':{'x-kubernetes-int-or-string':true},'tags':{'type':'object','additionalProperties':{'type':'string'}},
                 'template':{'type':'object','x-kubernetes-embedded-resource':true,'x-kubernetes-preserve-unknown-fields':true},
                 'items':{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['id'],'items':{'type':'object','properties':{'id':{'type':'string','default':'x'}}}}}}}}"""));
        ObjectNode object = json("""
                {'apiVersion':'a/v1','kind':'Widget','metadata':{'name':'w','labels':{'l':'v'},'bad':1},'spec':{'size':'big','free':{'n':1,'else':2},'port':true,
                 'tags':{'a':'b'},'template':{'apiVersion':'v1','metadata':{'name':'x'},'spec':{}},'items':[{'id':'1','no':2}],'more':1}}""");
        assertThat(SchemaValidator.unknownFields(object, widget)).containsExactly("metadata.bad", "spec.items[0].no", "spec.more");
        assertThat(SchemaValidator.typeMismatches(object, widget)).extracting(TypeMismatch::structuralError).containsExactly(
                "spec.size in body must be of type integer: \"string\"",
                "spec.free.n in body must be of type string: \"integer\"",
                "spec.port in body must be of type integer,string: \"boolean\"");
        assertThat(widget.field("metadata").field("ownerReferences").listMapKeys()).containsExactly("uid");
        Schema items = widget.field("spec").field("items");
        assertThat(items.listMapKeys()).containsExactly("id");
        assertThat(items.items().field("id").defaultValue().asText()).isEqualTo("x");
        assertThat(widget.field("spec").required()).containsExactly("size");
    }

    @Test
    void findsNamesThatComeTwice() {
        assertThat(DuplicateFields.find("{\"a\":1,\"spec\":{\"x\":[{\"y\":1},{\"y\":1,\"y\":2}],\"z\":{\"x\":1}},\"a\":{\"q\":1,\"q\":2}}".getBytes(StandardCharsets.UTF_8)))
                .containsExactly("spec.x[1].y", "a", "a.q");
        assertThat(DuplicateFields.find("{\"a\":{\"a\":{\"a\":[[{\"a\":1}]]}}}".getBytes(StandardCharsets.UTF_8))).isEmpty();
    }
}
