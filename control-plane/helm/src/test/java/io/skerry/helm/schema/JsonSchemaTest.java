package io.skerry.helm.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.helm.Helm;
import io.skerry.helm.HelmException;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.chart.Chart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** values.schema.json against real Helm: the same values fail, with the same lines (their order is left to chance in Helm). */
class JsonSchemaTest {
    private static final String VALUES = "str: abc\nnum: 5.5\nint: 7\nlist: [1, 2, 2, a]\nobj: {a: 1, bb: 2}\nbool: true\ntext: x\nip: 1.2.3.4\nempty: {}\nnone: []\n";

    private static final String[] SCHEMAS = {
        "true", "{}", "false",
        "{'type':'object','required':['zz','yy'],'properties':{'str':{'type':['string','null']}}}",
        "{'properties':{'str':{'type':'integer'},'num':{'type':'integer'},'int':{'type':['string','array','null']}}}",
        "{'properties':{'str':{'minLength':5,'maxLength':2,'pattern':'^[0-9]+$'}}}",
        "{'properties':{'str':{'enum':['x',1,null,true]},'num':{'const':5},'text':{'enum':['only']},'bool':{'enum':['a',{'b':1}]},'int':{'const':{'c':[1]}}}}",
        "{'properties':{'num':{'minimum':10,'maximum':1.5,'exclusiveMinimum':6,'exclusiveMaximum':2,'multipleOf':2}}}",
        "{'properties':{'num':{'minimum':5.5,'maximum':5.5,'multipleOf':0.5},'int':{'multipleOf':3.5,'exclusiveMinimum':6.9}}}",
        "{'properties':{'list':{'items':{'type':'integer'},'minItems':9,'maxItems':1,'uniqueItems':true,'contains':{'type':'boolean'}}}}",
        "{'$schema':'http://json-schema.org/draft-07/schema#','properties':{'list':{'items':[{'type':'string'}],'additionalItems':false}}}",
        "{'properties':{'list':{'contains':{'type':'integer'},'minContains':5}}}",
        "{'properties':{'list':{'contains':{'type':'integer'},'maxContains':1}}}",
        "{'properties':{'list':{'prefixItems':[true],'unevaluatedItems':false}}}",
        "{'properties':{'obj':{'additionalProperties':false,'properties':{'a':{'type':'string'}}}}}",
        "{'properties':{'obj':{'additionalProperties':{'type':'string'},'patternProperties':{'^b':{'minimum':10}}}}}",
        "{'properties':{'obj':{'minProperties':5,'maxProperties':1,'propertyNames':{'maxLength':1}}}}",
        "{'$schema':'http://json-schema.org/draft-07/schema#','properties':{'obj':{'dependencies':{'a':['q','r'],'bb':{'required':['t']}}}}}",
        "{'properties':{'obj':{'dependentRequired':{'a':['q']},'dependentSchemas':{'a':{'required':['k']}}}}}",
        "{'properties':{'obj':{'allOf':[{'properties':{'a':true}}],'unevaluatedProperties':false}}}",
        "{'properties':{'obj':{'allOf':[{'properties':{'a':true}}],'anyOf':[{'properties':{'bb':true}}],'unevaluatedProperties':false}}}",
        "{'properties':{'bool':{'not':{'type':'boolean'}},'int':{'not':{}}}}",
        "{'properties':{'bool':{'oneOf':[{'type':'string'},{'type':'integer'}],'anyOf':[{'type':'string'},{'type':'null'}],'allOf':[{'type':'string'}]}}}",
        "{'properties':{'int':{'oneOf':[{'type':'integer'},{'minimum':1},{'type':'string'}]}}}",
        "{'properties':{'str':{'if':{'type':'string'},'then':{'minLength':9},'else':{'type':'null'}},'int':{'if':{'type':'string'},'then':{'minLength':9},'else':{'maximum':3}}}}",
        "{'properties':{'str':{'$ref':'#/definitions/a~1b'},'int':{'$ref':'#/$defs/i','minimum':100}},'definitions':{'a/b':{'minLength':10}},'$defs':{'i':{'maximum':1}}}",
        "{'$schema':'http://json-schema.org/draft-07/schema#','properties':{'int':{'$ref':'#/definitions/i','minimum':100}},'definitions':{'i':{'maximum':1}}}",
        "{'$schema':'http://json-schema.org/draft-04/schema#','properties':{'int':{'minimum':7,'exclusiveMinimum':true,'maximum':7,'exclusiveMaximum':true}}}",
        "{'$schema':'http://json-schema.org/draft-06/schema#','properties':{'int':{'if':{'type':'integer'},'then':false,'const':8}}}",
        "{'$schema':'https://json-schema.org/draft/2019-09/schema','properties':{'list':{'items':[{'type':'string'}],'contains':{'const':9},'minContains':2}}}",
        "{'$schema':'http://json-schema.org/draft-07/schema#','properties':{'str':{'format':'ipv4'},'ip':{'format':'ipv4'}}}",
        "{'properties':{'str':{'format':'ipv4'}}}",
        "{'properties':{'obj':{'properties':{'a':{'properties':{'x':{'type':'string'}}},'bb':{'anyOf':[{'type':'string','minLength':3},{'minimum':5,'multipleOf':3}]}}}}}",
        "{'$defs':{'tree':{'type':['object','string','number','array','boolean'],'additionalProperties':{'$ref':'#/$defs/tree'},'maxLength':2}},'$ref':'#/$defs/tree'}",
        "{'$defs':{'n':{'$anchor':'num','type':'number'}},'properties':{'str':{'$ref':'#num'}}}",
        "{'properties':{'empty':{'required':['a']},'none':{'minItems':1,'contains':true}},'additionalProperties':{'type':['string','number','array','boolean','object']}}",
    };

    @TempDir
    Path dir;

    private static String ours(Path chart) {
        try {
            Helm.template(Chart.ofFolder(chart), TemplateRequest.of("demo", "ns1", Map.of()));
            return null;
        } catch (HelmException e) {
            return e.getMessage();
        }
    }

    private static List<String> lines(String s) {
        // Helm puts some groups under a line of their own, depending on the way they were reached.
        return s == null ? List.of("valid") : Arrays.stream(s.split("\n")).map(String::strip).filter(l -> !l.isEmpty() && !l.endsWith("validation failed")).sorted().toList();
    }

    @Test
    void findsWhatHelmFinds() {
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < SCHEMAS.length; i++) {
            Map<String, String> f = new LinkedHashMap<>();
            f.put("Chart.yaml", "apiVersion: v2\nname: sch\nversion: 1.0.0\n");
            f.put("values.yaml", VALUES);
            f.put("values.schema.json", SCHEMAS[i].replace('\'', '"'));
            f.put("templates/x.yaml", "kind: X\n");
            Path chart = HelmOracle.write(dir.resolve("c" + i), f);
            String want = HelmOracle.template(chart, "demo", "ns1").error();
            String have = ours(chart);
            if (!lines(want).equals(lines(have))) {
                differences.add(SCHEMAS[i] + "\n  helm: " + want + "\n  ours: " + have);
            }
        }
        assertThat(differences).isEmpty();
    }

    /** Helm's library counts items behind the listed ones from 0; we say which they are. */
    @Test
    void namesTheItemBehindTheListedOnes() {
        for (String schema : new String[] {"{'prefixItems':[{'type':'number'}],'items':{'type':'number'}}",
            "{'$schema':'http://json-schema.org/draft-07/schema#','items':[{'type':'number'}],'additionalItems':{'type':'number'}}"}) {
            assertThat(JsonSchema.parse(schema.replace('\'', '"').getBytes()).validate(List.of(1.0, 2.0, "a"))).isEqualTo("- at '/2': got string, want number\n");
        }
    }

    @Test
    void saysWhatIsWrongWithASchema() {
        Map<String, String> broken = new LinkedHashMap<>();
        broken.put("{bad", "values.schema.json: invalid JSON at line 1");
        broken.put("{\"type\":\"bogus\"}", "at '/type': value must be one of 'array'");
        broken.put("{\"$ref\":\"#/definitions/none\"}", "json-pointer in \"values.schema.json#/definitions/none\" not found");
        broken.put("{\"$ref\":\"http://example.invalid/x.json\"}", "can refer only into itself");
        broken.put("{\"properties\":{\"str\":{\"pattern\":\"(?=a)\"}}}", "at '/properties/str/pattern': '(?=a)' is not valid regex");
        broken.put("{\"$ref\":\"#\"}", "refers to itself without end");
        broken.put("{\"$schema\":\"http://example.com/own\"}", "is not known: use draft 4, 6, 7, 2019-09 or 2020-12");
        broken.put("{\"$dynamicRef\":\"#x\"}", "not supported; use $ref");
        broken.forEach((schema, message) -> {
            Chart c = Chart.of(Map.of("Chart.yaml", "apiVersion: v2\nname: sch\nversion: 1.0.0\n".getBytes(), "values.schema.json", schema.getBytes()));
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> Helm.template(c, TemplateRequest.of("a", "b", Map.of()))).isInstanceOf(HelmException.class).hasMessageContaining(message);
        });
    }

    @Test
    void subchartsHaveTheirOwn() {
        Map<String, String> f = new LinkedHashMap<>();
        f.put("Chart.yaml", "apiVersion: v2\nname: sch\nversion: 1.0.0\n");
        f.put("values.schema.json", "{\"required\":[\"top\"]}");
        f.put("charts/kid/Chart.yaml", "apiVersion: v2\nname: kid\nversion: 1.0.0\n");
        f.put("charts/kid/values.schema.json", "{\"required\":[\"need\"],\"additionalProperties\":false,\"properties\":{\"need\":{}}}");
        Path chart = HelmOracle.write(dir.resolve("subs"), f);
        assertThat(lines(ours(chart))).isEqualTo(lines(HelmOracle.template(chart, "demo", "ns1").error())).contains("kid:", "- at '': missing property 'need'");
    }
}
