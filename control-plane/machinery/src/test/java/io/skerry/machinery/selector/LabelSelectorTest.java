package io.skerry.machinery.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.machinery.json.Json;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelSelectorTest {

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new HashMap<>();
        for (String pair : text == null ? new String[0] : text.split(",")) {
            labels.put(pair.split("=", 2)[0], pair.split("=", 2)[1]);
        }
        return labels;
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "a=b; a=b; true", "a==b; a=b; true", "a=b; a=c; false", "a=b;; false", "a!=b; a=c; true", "a!=b;; true", "a!=b; a=b; false",
        "a; a=; true", "a;; false", "!a;; true", "! a; a=x; false", "a=; a=; true", "a=; a=x; false", "a=;; false", "a!=; a=x; true",
        "a in (b,c); a=c; true", "a in ( b , c ); a=d; false", "a in (b);; false", "a notin (b,c);; true", "a notin (b); a=b; false",
        "a in (); a=; true", "a in (,); a=; true", "a in (b,); a=; true", "a>5; a=6; true", "a>5; a=5; false", "a<5; a=4; true", "a>5; a=x; false", "a>5;; false",
        "a=b,c!=d; a=b,c=e; true", "a=b,c!=d; a=b,c=d; false", "x.io/a-b_c.d in (1); x.io/a-b_c.d=1; true", "in in (in); in=in; true", "a,!b; a=1,b=1; false"})
    void matches(String selector, String labels, boolean expected) {
        assertThat(LabelSelector.parse(selector).matches(labels(labels))).isEqualTo(expected);
        assertThat(LabelSelector.parse(selector).matches(Json.MAPPER.<com.fasterxml.jackson.databind.JsonNode>valueToTree(labels(labels)))).isEqualTo(expected);
        LabelSelector again = LabelSelector.parse(LabelSelector.parse(selector).toString());
        assertThat(again).isEqualTo(LabelSelector.parse(selector));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '\0', value = {
        "a in b; unable to parse requirement: found 'b', expected: '('",
        "a b; unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        "a=b c; unable to parse requirement: found 'c', expected: ',' or 'end of string'",
        "a=b,; unable to parse requirement: found '', expected: identifier after ','",
        "=b; unable to parse requirement: found '=', expected: !, identifier, or 'end of string'",
        "a in (b; unable to parse requirement: found '', expected: ',', or ')'",
        "a>x; unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"})
    void explainsWhatCannotBeRead(String selector, String message) {
        assertThatThrownBy(() -> LabelSelector.parse(selector)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void checksKeysAndValues() {
        assertThatThrownBy(() -> LabelSelector.parse("-a=b")).hasMessageStartingWith("unable to parse requirement: key: Invalid value: \"-a\": name part must consist of");
        assertThatThrownBy(() -> LabelSelector.parse("a=b*")).hasMessageStartingWith("unable to parse requirement: values[0][a]: Invalid value: \"b*\": a valid label must be");
    }

    @Test
    void emptyTextSelectsEverything() {
        assertThat(LabelSelector.parse("").isEmpty()).isTrue();
        assertThat(LabelSelector.parse(null).matches(Map.of("a", "b"))).isTrue();
        assertThat(LabelSelector.parse(" ").matches(Json.object())).isTrue();
    }

    @Test
    void anAbsentMetaSelectorSelectsNothingAndAnEmptyOneEverything() {
        assertThat(LabelSelector.of(null).matches(Map.of("a", "b"))).isFalse();
        assertThat(LabelSelector.of(Json.at(Json.object(), "spec", "selector")).matches(Map.of())).isFalse();
        assertThat(LabelSelector.of(null).isEmpty()).isFalse();
        assertThat(LabelSelector.of(Json.object()).matches(Map.of("a", "b"))).isTrue();
        assertThat(LabelSelector.ofMap(Json.object()).matches(Map.of("a", "b"))).isFalse();
        assertThat(LabelSelector.ofMap(Json.parse("{\"a\":\"b\"}")).matches(Map.of("a", "b", "c", "d"))).isTrue();
    }

    @Test
    void readsMetaSelectors() {
        LabelSelector selector = LabelSelector.of(Json.parse("""
                {"matchLabels":{"app":"x"},"matchExpressions":[{"key":"tier","operator":"In","values":["b","a"]},{"key":"old","operator":"DoesNotExist"},
                 {"key":"env","operator":"NotIn","values":["dev"]},{"key":"app","operator":"Exists"}]}"""));
        assertThat(selector.toString()).isEqualTo("app=x,app,env!=dev,!old,tier in (a,b)");
        assertThat(selector.matches(Map.of("app", "x", "tier", "a"))).isTrue();
        assertThat(selector.matches(Map.of("app", "x", "tier", "a", "old", ""))).isFalse();
        assertThat(selector.matches(Map.of("app", "x"))).isFalse();
        assertThatThrownBy(() -> LabelSelector.of(Json.parse("{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Like\"}]}")))
                .hasMessage("\"Like\" is not a valid label selector operator");
        assertThatThrownBy(() -> LabelSelector.of(Json.parse("{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}"))).hasMessageContaining("values set can't be empty");
    }
}
