package io.skerry.machinery.cel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.yaml.Yaml;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers are those of apiextensions-apiserver's own tests (pkg/apiserver/schema/cel: celcoststability_test.go and compilation_test.go). */
class CelCostTest {
    private static final String FIELDS = """
            type: object
            properties:
              i1: {type: integer}
              i2: {type: integer}
              ratio: {type: number}
              s1: {type: string}
              s2: {type: string}
              b: {type: string, format: byte}
              d: {type: string, format: duration}
              t: {type: string, format: date-time}
              phase: {type: string, enum: [Pending, Available, Bound, Released, Failed]}
              ints1: {type: array, items: {type: integer}}
              ints2: {type: array, items: {type: integer}}
              set1: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              set2: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              map1: {type: object, additionalProperties: {type: string}}
              map2: {type: object, additionalProperties: {type: string}}
              counts: {type: object, additionalProperties: {type: integer}}
              crew:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [k]
                items: {type: object, required: [k], properties: {k: {type: string}, v: {type: string}, v2: {type: string}}}
              a: {type: object, properties: {b: {type: integer}}}
              embedded: {type: object, x-kubernetes-embedded-resource: true}
            """;

    private static long cost(String schema, String rule) throws CelException {
        JsonNode parsed = Yaml.parseAll(schema, "test").getFirst().root();
        CelTypes types = new CelTypes();
        CelType self = types.of(parsed, false);
        return CelEnvironment.of(Map.of("self", self, "oldSelf", self), types).compile(rule, Set.of(SimpleType.BOOL)).maxCost(parsed, false, 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            self.i1 == self.i2                                          ~ 4
            type(self.i1) == int                                        ~ 4
            self.ratio == 1.0                                           ~ 2
            double(self.i1) < self.ratio                                ~ 6
            double(5) < 10.0                                            ~ 2
            self.s1.startsWith('Rook')                                  ~ 3
            !self.s1.startsWith('knight')                               ~ 4
            self.s1.matches('^[^0-9]*$')                                ~ 943721
            !self.s1.matches('^[0-9]*$')                                ~ 629149
            size(self.s1) == 12                                         ~ 4
            self.s1.charAt(3) == 'k'                                    ~ 4
            self.s1.indexOf('o') == 1                                   ~ 314576
            self.s1.replace(' ', 'x') == 'Rookxtakesx👑'                ~ 629150
            self.s1.split(' ') == ['Rook', 'takes', '👑']               ~ 629159
            self.s1.split(' ', 2) == ['Rook', 'takes 👑']               ~ 629159
            self.s1.substring(5) == 'takes 👑'                          ~ 314576
            self.s1.substring(4, 10).trim() == 'takes'                  ~ 629149
            self.s1.upperAscii() == 'ROOK TAKES 👑'                     ~ 314577
            self.s1.lowerAscii() == self.s1.lowerAscii()                ~ 943723
            self.b == b'AB'                                             ~ 3
            self.d == duration('1h2m') + duration('3s4ms')              ~ 6
            self.t.getDate('01:00') == 18                               ~ 4
            self.phase == 'Pending'                                     ~ 3
            self.phase in ['Pending', 'Available']                      ~ 14
            bytes(self.s1) == self.b                                    ~ 629150
            string(self.ratio) == '10.5'                                ~ 4
            1 in self.ints1                                             ~ 1572865
            self.ints2[0] in self.ints1                                 ~ 1572868
            self.ints1 + self.ints2 == [1, 2, 3, 1, 2, 3]               ~ 16
            has(self.ints1) && has(self.ints2)                          ~ 2
            self.ints1.all(k, size(self.ints1) > 0)                     ~ 11010044
            self.ints1.exists_one(k, self.ints1 == [2])                 ~ 23592949
            size(self.ints1.filter(k, size(self.ints1) > 1)) == 1       ~ 26738686
            self.ints1.all(e, e > 0)                                    ~ 7864318
            self.ints1.exists(e, e > 2)                                 ~ 9437181
            size(self.ints1.filter(e, e%2 == 0)) == 3                   ~ 25165823
            self.ints1.map(e, e * 20).filter(e, e > 50).exists(e, e == 60) ~ 53477367
            self.set1 == ['c', 'b', 'a']                                ~ 13
            self.set1 == self.set2                                      ~ 104862
            self.map1 == self.map2                                      ~ 39326
            self.map1 == {'k1': 'a', 'k2': 'b'}                         ~ 33
            self.map1.all(k, size(self.map1) > 0)                       ~ 2752508
            self.counts.all(k, self.counts[k] > 0)                      ~ 3595115
            size(self.counts.filter(k, self.counts[k] > 1)) == 1        ~ 8089017
            has(self.a.b)                                               ~ 2
            self.embedded.metadata.generateName == 'pickItForMe'        ~ 6
            quantity(self.s1).isLessThan(quantity(self.s2))             ~ 629151
            quantity('50k').add(quantity('20')) == quantity('50.02k')   ~ 5
            isQuantity(self.s1)                                         ~ 314575
            optional.of('a').hasValue()                                 ~ 2
            optional.of('a').optMap(v, v == 'value').hasValue()         ~ 18
            optional.of([1, 2, 3, 4, 5]).optMap(v, v.size()).hasValue() ~ 38
            """)
    void whatAnExpressionCostsAtMost(String rule, long expected) throws CelException {
        assertThat(cost(FIELDS, rule)).as(rule).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            self.all(m, m.k.startsWith('a'))                            ~ 6291453
            self.all(m, !has(m.v2) || m.v2 == 'z')                      ~ 8388603
            self.exists_one(m, m.k == 'a3')                             ~ 5242879
            size(self.filter(m, m.k == 'a1')) == 1                      ~ 16777215
            self.map(m, m.v).exists(v, v == 'b1')                       ~ 19922939
            self.map(m, has(m.v2) && m.v2 == 'z', m.v2).size() == 1     ~ 18874365
            """)
    void listsOfObjects(String rule, long expected) throws CelException {
        // upstream's schema requires no key; a list that is a field costs one select more wherever it is named
        String schema = "{type: object, properties: {l: {type: array, items: {type: object, properties: {k: {type: string}, v: {type: string}, v2: {type: string}}}}}}";
        assertThat(cost(schema, rule.replace("self", "self.l"))).as(rule).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            {type: array, items: {type: number}}                        ~ self.all(x, true)                    ~ 4718591
            {type: array, maxItems: 10, items: {type: number}}          ~ self.all(x, true)                    ~ 32
            {type: array, items: {type: string}}                        ~ self.all(x, true)                    ~ 3145727
            {type: array, items: {type: boolean}}                       ~ self.all(x, true)                    ~ 1887437
            {type: array, items: {type: array, items: {type: number}}}  ~ self.all(x, true)                    ~ 3145727
            {type: array, items: {type: string, format: date-time}}     ~ self.all(x, true)                    ~ 428963
            {type: array, items: {x-kubernetes-int-or-string: true}}    ~ self.all(x, true)                    ~ 4718591
            {type: object, additionalProperties: {type: number}}        ~ self.all(x, true)                    ~ 1348169
            {type: object, additionalProperties: {type: boolean}}       ~ self.all(x, true)                    ~ 943718
            {type: object, additionalProperties: {type: string, format: duration}} ~ self.all(x, true)         ~ 1048577
            {type: string}                                              ~ self.contains('test')                ~ 314574
            {type: string, maxLength: 10}                               ~ self.contains('test')                ~ 5
            {type: string}                                              ~ size(self + "hello") > size("hello") ~ 314578
            {type: string, maxLength: 4}                                ~ size(self + "hello") > size("hello") ~ 7
            {type: array, items: {type: string}}                        ~ self[1] == self[1]                   ~ 314577
            {type: array, maxItems: 10, items: {type: number}}          ~ self.all(x, self.all(y, true))       ~ 352
            {type: array, maxItems: 10, items: {type: number}}          ~ self.all(x, self.all(y, self.all(z, true))) ~ 3552
            {type: string, maxLength: 50}                               ~ self.matches("x")                    ~ 22
            {type: string}                                              ~ "".matches("(((((((((())))))))))[0-9]") ~ 7
            {type: string, maxLength: 0}                                ~ self == "x"                          ~ 1
            {type: array, items: {type: object, additionalProperties: {type: number}}} ~ self.all(x, x.y == 25.2) ~ 6291452
            {type: array, items: {type: string}}                        ~ self.join(' ') == 'aa bb'            ~ 329853068905
            {type: array, maxItems: 10, items: {type: string, maxLength: 10}} ~ self.join(' ') == 'aa bb'      ~ 43
            {type: array, items: {type: string}}                        ~ self.isSorted() == true              ~ 329854432052
            {type: array, maxItems: 10, items: {type: string, maxLength: 10}} ~ self.isSorted() == true        ~ 52
            {type: string, maxLength: 10}                               ~ self.find('[0-9]+') == ''            ~ 11
            {type: string, enum: [A, B, C, LongValue]}                  ~ self.contains('A')                   ~ 2
            {type: object, additionalProperties: {type: integer}}       ~ oldSelf.size() == self.size()        ~ 5
            {x-kubernetes-int-or-string: true, maxLength: 20}           ~ isQuantity(self)                     ~ 9
            {type: object, properties: {s: {type: string, maxLength: 4}, b: {type: string, maxLength: 2}, a: {type: string, maxLength: 4}}} ~ self.s.replace(self.b, self.a) == 'does not matter' ~ 12
            {type: object, properties: {s: {type: string}, b: {type: string, maxLength: 2}, a: {type: string, maxLength: 4}}} ~ self.s.replace(self.b, self.a) == 'does not matter' ~ 629154
            """)
    void limitsOfTheSchemaCount(String schema, String rule, long expected) throws CelException {
        assertThat(cost(schema, rule)).as(schema + ": " + rule).isEqualTo(expected);
    }

    @Test
    void whatHasNoLimitCostsWithoutLimit() throws CelException {
        assertThat(cost("{type: array, items: {type: number}}", "self.all(x, self.all(y, true))")).isGreaterThan(1_000_000_000_000L);
        assertThat(cost(FIELDS, "optional.of('a') != optional.of('b')")).isGreaterThan(1_000_000_000_000L);
    }

    @Test
    void oldSelfMayBeOptional() throws CelException {
        JsonNode schema = Yaml.parseAll("{type: string, maxLength: 10}", "test").getFirst().root();
        CelTypes types = new CelTypes();
        CelType self = types.of(schema, false);
        CelProgram rule = CelEnvironment.of(Map.of("self", self, "oldSelf", OptionalType.create(self)), types)
                .compile("!oldSelf.hasValue() || oldSelf.value() == self", Set.of(SimpleType.BOOL));
        assertThat(rule.maxCost(schema, false, 1)).isLessThan(20);
    }

    @Test
    void howOftenAValueCanBeThere() {
        assertThat(SchemaSize.maxCardinality(Yaml.parseAll("{type: string}", "test").getFirst().root(), false)).isEqualTo(3 * 1024 * 1024 / 3);
        assertThat(SchemaSize.maxCardinality(Yaml.parseAll("{type: object, required: [name, port], properties: {name: {type: string}, port: {type: integer, default: 1}}}", "test")
                .getFirst().root(), false)).isEqualTo(3 * 1024 * 1024 / (2 + 4 + 2 + 4 + 1));
        JsonNode limited = Yaml.parseAll("{type: array, maxItems: 5, items: {type: string}}", "test").getFirst().root();
        assertThat(SchemaSize.cardinalityBelow(limited, 3)).isEqualTo(15);
        assertThat(SchemaSize.cardinalityBelow(limited, SchemaSize.UNBOUNDED)).isEqualTo(SchemaSize.UNBOUNDED);
        assertThat(SchemaSize.cardinalityBelow(Yaml.parseAll("{type: object, additionalProperties: {type: string}}", "test").getFirst().root(), 1)).isEqualTo(SchemaSize.UNBOUNDED);
    }
}
