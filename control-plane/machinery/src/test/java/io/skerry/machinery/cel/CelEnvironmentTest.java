package io.skerry.machinery.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CelEnvironmentTest {
    private static final CelEnvironment DYNAMIC = CelEnvironment.of(Map.of("object", SimpleType.DYN));

    private static Object evaluate(String expression) throws CelException {
        return DYNAMIC.compile(expression, Set.of()).evaluate(Map.of("object", CelValues.of(Json.parse("{\"a\":{\"b\":[1,2,3]},\"t\":null}"))), new CelBudget(CelBudget.PER_REQUEST));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "[1, 2, 2, 3].isSorted() && ![2, 1].isSorted() && ['a', 'b'].isSorted()",
        "[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0 && [3, 1, 2].min() == 1 && [3, 1, 2].max() == 3",
        "['x', 'y', 'x'].indexOf('x') == 0 && ['x', 'y', 'x'].lastIndexOf('x') == 2 && [1].indexOf(7) == -1",
        "'abc 123 45'.find('[0-9]+') == '123' && 'abc'.find('[0-9]+') == ''",
        "'1 22 333'.findAll('[0-9]+') == ['1', '22', '333'] && '1 22 333'.findAll('[0-9]+', 2) == ['1', '22']",
        "url('https://example.com:8443/a%20b?k=1&k=2').getHost() == 'example.com:8443'",
        "url('https://example.com:8443/a%20b?k=1&k=2').getPort() == '8443' && url('https://e.com/a%20b').getEscapedPath() == '/a%20b'",
        "url('https://e.com/?k=1&k=2&l').getQuery() == {'k': ['1', '2'], 'l': ['']} && url('https://[::1]:80/').getHostname() == '::1'",
        "isURL('https://example.com') && isURL('/absolute') && !isURL('relative/path')",
        "quantity('1Gi').isGreaterThan(quantity('500Mi')) && quantity('1').add(quantity('500m')) == quantity('1500m')",
        "quantity('2k').asInteger() == 2000 && !quantity('1.5').isInteger() && quantity('1').sub(2).sign() == -1 && isQuantity('5Mi') && !isQuantity('5 Mi')",
        "quantity('1').compareTo(quantity('2')) == -1 && quantity('50.7k').asApproximateFloat() == 50700.0 && quantity('1000m') == quantity('1')",
        "ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && isIP('fe80::1') && !isIP('10.0.0.256') && !isIP('::ffff:1.2.3.4')",
        "ip.isCanonical('::1') && !ip.isCanonical('0:0:0:0:0:0:0:1') && string(ip('2001:DB8:0:0::1')) == '2001:db8::1' && ip('8.8.8.8').isGlobalUnicast()",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16')) && !cidr('10.1.0.0/16').containsCIDR('10.0.0.0/8')",
        "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('2001:db8::/32').prefixLength() == 32 && cidr('10.1.2.3/8').ip() == ip('10.1.2.3') && !isCIDR('10.0.0.0')",
        "format.dns1123Label().validate('my-name') == optional.none() && format.dns1123Label().validate('My').hasValue()",
        "!format.named('nothing').hasValue() && format.named('uuid').value().validate('x').value() == ['does not match the UUID format']",
        "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) && semver('v1.2', true).minor() == 2 && !isSemver('v1.2')",
        "'%s has %d of %.2f: %s'.format(['a', 3, 1.005, [1, 'x', true]]) == 'a has 3 of 1.00: [1, x, true]'",
        "'a,b,c'.split(',') == ['a', 'b', 'c'] && ['a', 'b'].join('-') == 'a-b' && 'hello'.substring(1, 3) == 'el' && ' x '.trim() == 'x' && 'abc'.charAt(1) == 'b'",
        "'TacoCat'.lowerAscii() == 'tacocat' && 'x'.upperAscii() == 'X' && 'a b'.replace(' ', '') == 'ab' && 'hello'.indexOf('l') == 2",
        "sets.contains([1, 2, 3], [2]) && sets.intersects([1], [1, 2]) && sets.equivalent([1, 2], [2, 1, 1])",
        "object.?missing.orValue('d') == 'd' && object.a.?b[0].orValue(7) == 1 && object[?'x'].hasValue() == false",
        "[1, 2, 3].all(i, v, v == i + 1) && {'a': 1}.exists(k, v, k == 'a' && v == 1) && [1, 2].transformList(i, v, v * 2) == [2, 4]",
        "1 < 1.5 && 2 >= 2.0 && object.a.b[0] < 1.1",
        "has(object.a) && !has(object.z) && object.t == null && size(object.a.b) == 3 && object.a.b.exists_one(x, x == 2)",
        "duration('1h30m') > duration('1h') && timestamp('2024-01-01T00:00:00Z').getFullYear() == 2024",
        "'abc'.matches('^a.c$') && 'abc'.startsWith('a') && 'é'.size() == 1 && int('5') + 1 == 6 && string(5) == '5' && type(1) == int",
    })
    void theLibrariesOfKubernetes(String expression) throws CelException {
        assertThat(evaluate(expression)).as(expression).isEqualTo(true);
    }

    @Test
    void failuresAreTold() {
        assertThatThrownBy(() -> evaluate("object.nothing == 1")).isInstanceOf(CelException.class).hasMessageContaining("no such key: nothing");
        assertThatThrownBy(() -> evaluate("1 / 0 == 1")).hasMessageContaining("division by zero");
        assertThatThrownBy(() -> evaluate("quantity('x').sign() == 1")).isInstanceOf(CelException.class);
        assertThatThrownBy(() -> evaluate("nothing == 1")).hasMessageStartingWith("compilation failed: ERROR: <input>:1:1: undeclared reference to 'nothing'");
        assertThatThrownBy(() -> evaluate("self ==")).hasMessageStartingWith("compilation failed: ERROR: <input>:1:8: ");
        assertThatThrownBy(() -> DYNAMIC.compile("1 + 1", Set.of(SimpleType.BOOL))).hasMessage("must evaluate to a bool");
    }

    @Test
    void costIsLimited() throws CelException {
        CelProgram program = DYNAMIC.compile("object.all(a, object.all(b, object.all(c, a + b + c >= 0)))", Set.of(SimpleType.BOOL));
        var list = new java.util.ArrayList<Long>();
        for (long i = 0; i < 200; i++) {
            list.add(i);
        }
        CelBudget budget = new CelBudget(CelBudget.PER_REQUEST);
        assertThatThrownBy(() -> program.evaluate(Map.of("object", list), budget)).isInstanceOfSatisfying(CelException.class, e -> assertThat(e.isOverBudget()).isTrue());
        assertThat(budget.remaining()).isLessThan(CelBudget.PER_REQUEST - CelBudget.PER_CALL + 10);
        assertThat(program.evaluate(Map.of("object", list.subList(0, 5)), budget)).isEqualTo(true);
    }

    private static final JsonNode SCHEMA = Yaml.parseAll("""
            type: object
            properties:
              spec:
                type: object
                properties:
                  replicas: {type: integer}
                  ratio: {type: number}
                  port: {x-kubernetes-int-or-string: true}
                  names: {type: array, items: {type: string}}
                  labels: {type: object, additionalProperties: {type: string}}
                  until: {type: string, format: date-time}
                  wait: {type: string, format: duration}
                  data: {type: string, format: byte}
                  if: {type: boolean}
                  a-b: {type: string}
                  hidden: {x-kubernetes-preserve-unknown-fields: true}
            """, "test").getFirst().root();

    private static Object typed(String expression, String object) throws CelException {
        CelTypes types = new CelTypes();
        CelType self = types.of(SCHEMA, true);
        return CelEnvironment.of(Map.of("self", self), types).compile(expression, Set.of(SimpleType.BOOL))
                .evaluate(Map.of("self", CelValues.of(Json.parse(object), SCHEMA, true)), new CelBudget(CelBudget.PER_REQUEST));
    }

    @Test
    void schemasGiveTypes() throws CelException {
        String object = """
                {"metadata":{"name":"x","labels":{}},"spec":{"replicas":3,"ratio":1,"port":"http","names":["a"],"labels":{"k/x":"v"},
                 "until":"2024-01-01T00:00:00Z","wait":"1m30s","data":"aGk=","if":true,"a-b":"c"}}""";
        assertThat(typed("self.metadata.name == 'x' && self.spec.replicas + 1 == 4 && self.spec.ratio / 2.0 == 0.5 && self.spec.port == 'http'", object)).isEqualTo(true);
        assertThat(typed("self.spec.names.all(n, n.size() == 1) && self.spec.labels['k/x'] == 'v' && self.spec.a__dash__b == 'c' && self.spec.__if__", object)).isEqualTo(true);
        assertThat(typed("self.spec.until < timestamp('2025-01-01T00:00:00Z') && self.spec.wait == duration('90s') && self.spec.data == b'hi'", object)).isEqualTo(true);
        assertThat(typed("!has(self.spec.replicas) && !has(self.metadata.generateName)", "{\"metadata\":{},\"spec\":{}}")).isEqualTo(true);
        assertThatThrownBy(() -> typed("self.spec.replica == 1", object)).hasMessageContaining("undefined field 'replica'");
        assertThatThrownBy(() -> typed("self.spec.hidden == 1", object)).hasMessageContaining("undefined field 'hidden'");
        assertThatThrownBy(() -> typed("self.metadata.labels == {}", object)).hasMessageContaining("undefined field 'labels'");
        assertThatThrownBy(() -> typed("self.spec.replicas == 'x'", object)).hasMessageContaining("found no matching overload for '_==_' applied to '(int, string)'");
    }

    private static final JsonNode LISTS = Yaml.parseAll("""
            type: object
            properties:
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              plain: {type: array, items: {type: string}}
              crew:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name, deck-no]
                items:
                  type: object
                  properties: {name: {type: string}, deck-no: {type: integer}, duties: {type: array, x-kubernetes-list-type: set, items: {type: string}}}
              groups: {type: array, items: {type: array, x-kubernetes-list-type: set, items: {type: string}}}
              preserved: {x-kubernetes-preserve-unknown-fields: true}
              open: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: integer}}}
            """, "test").getFirst().root();

    private static Object compared(String expression, String self, String oldSelf) throws CelException {
        CelTypes types = new CelTypes();
        CelType type = types.of(LISTS, false);
        return CelEnvironment.of(Map.of("self", type, "oldSelf", type), types).compile(expression, Set.of(SimpleType.BOOL))
                .evaluate(Map.of("self", CelValues.of(Json.parse(self), LISTS, false), "oldSelf", CelValues.of(Json.parse(oldSelf), LISTS, false)),
                        new CelBudget(CelBudget.PER_REQUEST));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "self.tags == oldSelf.tags && !(self.tags != oldSelf.tags) && self.plain != oldSelf.plain && !(self.plain == oldSelf.plain)",
        "self.tags == ['b', 'a'] && ['b', 'a'] != self.tags && self.tags != ['a'] && self.tags != ['a', 'c'] && self.tags != ['a', 'a']",
        "self.crew == oldSelf.crew && self.crew[0] != oldSelf.crew[0] && self.crew[0] == oldSelf.crew[1]",
        "self.crew != self.crew.filter(c, c.name == 'x') && self.crew.filter(c, c.deck__dash__no == 2) != self.crew",
        "self.tags + ['c', 'a', 'd', 'c'] == ['d', 'c', 'b', 'a'] && (self.tags + ['c', 'a', 'd', 'c']).map(t, t) == ['a', 'b', 'c', 'd']",
        "(self.tags + ['c'] + ['c']).size() == 3 && (self.plain + ['a']).map(p, p) == ['a', 'b', 'a'] && (['a'] + self.tags).size() == 3",
        "(self.crew + oldSelf.crew.filter(c, c.name == 'y')).map(c, c.name) == ['x', 'x', 'y'] && self.crew + oldSelf.crew == oldSelf.crew",
        "self.groups == oldSelf.groups && oldSelf.groups[0] in self.groups && ['y', 'x'] in self.groups && !(['y', 'z'] in self.groups) && 'a' in self.tags && !('z' in self.tags)",
        "dyn(1) + dyn(2) == 3 && dyn([1]) + dyn([2]) == [1, 2] && dyn('a') + dyn('b') == 'ab' && 1 in {1: 2} && dyn(1) in [1.0] && dyn({'a': [1]}) == {'a': [1.0]}",
    })
    void listTypesSayWhatOrderMeans(String expression) throws CelException {
        assertThat(compared(expression, """
                {"tags":["a","b"],"plain":["a","b"],"crew":[{"name":"x","deck-no":1,"duties":["p","q"]},{"name":"x","deck-no":2},{"name":"y","deck-no":1}],"groups":[["x","y"]]}""", """
                {"tags":["b","a"],"plain":["b","a"],"crew":[{"name":"y","deck-no":1},{"name":"x","deck-no":1,"duties":["q","p"]},{"name":"x","deck-no":2}],"groups":[["y","x"]]}"""))
                .as(expression).isEqualTo(true);
    }

    @Test
    void keysThatExpressionsCannotNameTellItemsApart() throws CelException {
        JsonNode schema = Yaml.parseAll("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: ['0'], items: {type: object, properties: {'0': {type: string}}}}", "test")
                .getFirst().root();
        CelTypes types = new CelTypes();
        CelType type = types.of(schema, false);
        CelProgram same = CelEnvironment.of(Map.of("self", type, "oldSelf", type), types).compile("self == oldSelf && (self + oldSelf).size() == 2", Set.of(SimpleType.BOOL));
        Object ab = CelValues.of(Json.parse("[{\"0\":\"a\"},{\"0\":\"b\"}]"), schema, false);
        Object ba = CelValues.of(Json.parse("[{\"0\":\"b\"},{\"0\":\"a\"}]"), schema, false);
        Object ac = CelValues.of(Json.parse("[{\"0\":\"a\"},{\"0\":\"c\"}]"), schema, false);
        assertThat(same.evaluate(Map.of("self", ab, "oldSelf", ba), new CelBudget(CelBudget.PER_REQUEST))).isEqualTo(true);
        assertThat(same.evaluate(Map.of("self", ab, "oldSelf", ac), new CelBudget(CelBudget.PER_REQUEST))).isEqualTo(false);
    }

    @Test
    void whatHasNoSchemaCountsInComparisons() throws CelException {
        assertThat(compared("self == oldSelf", "{\"preserved\":{\"x\":1}}", "{\"preserved\":{\"x\":2}}")).isEqualTo(false);
        assertThat(compared("self == oldSelf", "{\"preserved\":{\"x\":[1]}}", "{\"preserved\":{\"x\":[1]}}")).isEqualTo(true);
        assertThat(compared("self.open == oldSelf.open", "{\"open\":{\"a\":1,\"b\":{\"c\":1}}}", "{\"open\":{\"a\":1,\"b\":{\"c\":2}}}")).isEqualTo(false);
        assertThat(compared("self.open == oldSelf.open && self.open.a == 1", "{\"open\":{\"a\":1,\"b\":2}}", "{\"open\":{\"a\":1,\"b\":2}}")).isEqualTo(true);
    }
}
